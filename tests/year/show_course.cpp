// wattledger_course DIR…: how the house of each data directory was run.
#include <cstdio>

#include "tests/year/course.hpp"

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const auto course = wattledger::testing::course_of(argv[i]);
    if (!course) {
      std::fprintf(stderr, "wattledger_course: %s\n", course.error().line().c_str());
      return 3;
    }
    std::printf("%s\n%s", argv[i], wattledger::testing::text_of(*course).c_str());
  }
  return argc > 1 ? 0 : 2;
}
