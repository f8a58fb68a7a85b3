#include "common/graph/postgres_places.h"

#include <gtest/gtest.h>

namespace headrace::graph {
namespace {

std::string Shown(const std::vector<PostgresPlace>& places) {
  std::string shown;
  for (const PostgresPlace& place : places) {
    shown += place.host + "|" + place.address + "|" + place.port + " ";
  }
  return shown;
}

TEST(PostgresPlaces, AreTheListsSideBySide) {
  struct Case {
    const char* hosts;
    const char* addresses;
    const char* ports;
    const char* places;
  };
  const Case cases[] = {
      {"", "", "", "|| "},
      {"", "", "5433", "||5433 "},
      {"db", "", "5432", "db||5432 "},
      {"a,b", "", "5432", "a||5432 b||5432 "},
      {"a,b", "", "1,2", "a||1 b||2 "},
      {"a,b,c", "", "1,,3", "a||1 b||5432 c||3 "},
      {"a,", "", "1,2", "|| "},
      {"a,,b", "", "1,2,3", "|| "},
      {"", "10.0.0.1,10.0.0.2", "1", "|10.0.0.1|1 |10.0.0.2|1 "},
      {"a,b", "10.0.0.1,", "1", "a|10.0.0.1|1 b||1 "},
      {"a", "", "1,2", "|| "},
      {"a,b,c", "", "1,2", "|| "},
      {"a,b", "10.0.0.1", "1", "|| "},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(std::string(one.hosts) + " / " + one.addresses + " / " + one.ports);
    EXPECT_EQ(Shown(PlacesOf(one.hosts, one.addresses, one.ports)), one.places);
  }
}

TEST(PostgresPlaces, KeepTheNameBesideEachOfItsAddresses) {
  std::string why;
  const std::vector<PostgresPlace> found = Resolve({"localhost", "", "5432"}, why);
  EXPECT_EQ(why, "");
  ASSERT_FALSE(found.empty());
  EXPECT_NE(Shown(found).find("localhost|127.0.0.1|5432 "), std::string::npos) << Shown(found);
}

TEST(PostgresPlaces, ThatAreNoNamesAreNotLookedUp) {
  for (const PostgresPlace& place : {PostgresPlace{"db.invalid", "10.0.0.1", "1"},
                                     PostgresPlace{"/run/postgresql", "", "1"}, PostgresPlace()}) {
    std::string why;
    EXPECT_EQ(Shown(Resolve(place, why)), Shown({place}));
    EXPECT_EQ(why, "");
  }
}

TEST(PostgresPlaces, SayWhichNameIsNotKnown) {
  std::string why;
  EXPECT_TRUE(Resolve({"nowhere.invalid", "", "1"}, why).empty());
  EXPECT_NE(why.find("\"nowhere.invalid\""), std::string::npos) << why;
}

}  // namespace
}  // namespace headrace::graph
