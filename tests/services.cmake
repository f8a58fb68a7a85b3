# Real services for the tests, and Python tests.
#
# One Kafka broker, one Redis and one PostgreSQL per ctest run, started before the first test that needs them and
# stopped after the last (ctest fixtures). Their addresses are known only at run time, so a test that
# needs them is launched through tests/services/fixture, which puts HEADRACE_TEST_KAFKA,
# HEADRACE_TEST_REDIS and HEADRACE_TEST_POSTGRES (host:port) into its environment. Tests share them: each uses names of its own.
set(HEADRACE_FIXTURE ${CMAKE_CURRENT_LIST_DIR}/services/fixture)
set(HEADRACE_SERVICES_DIR ${PROJECT_BINARY_DIR}/services)
find_package(Python3 REQUIRED COMPONENTS Interpreter)

add_test(NAME services.start COMMAND ${HEADRACE_FIXTURE} start ${HEADRACE_SERVICES_DIR})
add_test(NAME services.stop COMMAND ${HEADRACE_FIXTURE} stop ${HEADRACE_SERVICES_DIR})
set_tests_properties(services.start PROPERTIES FIXTURES_SETUP services TIMEOUT 300 LABELS services)
set_tests_properties(services.stop PROPERTIES FIXTURES_CLEANUP services TIMEOUT 60 LABELS services)

# headrace_python_test(<name> LABEL <label> FILE <test_x.py> [SERVICES] [LONG])
# runs a unittest module; SERVICES gives it the shared services, LONG keeps it for --long
# and says so to the module with HEADRACE_TEST_LONG=1.
function(headrace_python_test name)
  cmake_parse_arguments(ARG "SERVICES;LONG" "LABEL;FILE" "" ${ARGN})
  get_filename_component(module ${ARG_FILE} NAME_WE)
  set(launcher)
  if(ARG_SERVICES)
    set(launcher ${HEADRACE_FIXTURE} with ${HEADRACE_SERVICES_DIR})
  endif()
  add_test(NAME ${name} COMMAND ${launcher} ${Python3_EXECUTABLE} -m unittest -v ${module}
    WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300 ENVIRONMENT
    "HEADRACE_BIN_DIR=${PROJECT_BINARY_DIR};PYTHONPATH=${PROJECT_SOURCE_DIR}/tests/e2e;PYTHONDONTWRITEBYTECODE=1")
  if(ARG_LONG)
    set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABEL};long" TIMEOUT 1800
      ENVIRONMENT_MODIFICATION HEADRACE_TEST_LONG=set:1)
  else()
    set_tests_properties(${name} PROPERTIES LABELS ${ARG_LABEL})
  endif()
  if(ARG_SERVICES)
    set_tests_properties(${name} PROPERTIES FIXTURES_REQUIRED services)
  endif()
endfunction()
