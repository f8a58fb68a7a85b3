#include "tests/support/postgres_server.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace headrace::support {

bool Shell(const std::string& command) {
  const int status = std::system(command.c_str());
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Result<std::unique_ptr<PostgresServer>> PostgresServer::Start(const Options& options) {
  std::string directory =
      (std::filesystem::temp_directory_path() / "headrace-postgres-test-XXXXXX").string();
  if (mkdtemp(directory.data()) == nullptr) return Transient(std::strerror(errno));
  std::unique_ptr<PostgresServer> server(new PostgresServer(options, directory));
  if (!server->Run("start")) return Permanent("scripts/postgres start failed");
  std::string address;
  std::ifstream(directory + "/address") >> address;
  server->port_ = std::atoi(address.substr(address.find(':') + 1).c_str());
  return server;
}

PostgresServer::~PostgresServer() { Run("wipe"); }

std::string PostgresServer::Url(const std::string& query, const std::string& user) const {
  return "postgresql://" + user + "@" + address() + "/headrace" + query;
}

bool PostgresServer::Stop() const { return Run("stop"); }

bool PostgresServer::Kill() const { return Run("kill"); }

bool PostgresServer::StartAgain() const { return Run("start"); }

// Ends with this process, whatever becomes of it.
bool PostgresServer::Run(const std::string& verb) const {
  return Shell("HEADRACE_OWNER_PID=" + std::to_string(getpid()) + " POSTGRES_SET='" +
               options_.settings + "' POSTGRES_PASSWORD='" + options_.password +
               "' POSTGRES_STANDBY_OF='" + options_.standby_of + "' '" +
               HEADRACE_SOURCE_DIR "/scripts/postgres' " + verb + " '" + directory_ + "' " +
               (verb == "start" && port_ > 0 ? std::to_string(port_) : "") + " >/dev/null");
}

}  // namespace headrace::support
