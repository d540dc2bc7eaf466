// wattledger_old_house DIR [READINGS [SECONDS_BETWEEN]]: makes an installation of the older system,
// by default a year with a reading a minute, to measure an import with.
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "tests/legacy_import/old_house.hpp"

int main(int count, char** words) {
  if (count < 2) {
    std::fputs("usage: wattledger_old_house DIR [READINGS [SECONDS_BETWEEN]]\n", stderr);
    return 2;
  }
  wattledger::testing::OldHouse house;
  house.first = "2025-01-01T00:00:00";
  house.readings = count > 2 ? std::atoll(words[2]) : 525'600;
  house.every_s = count > 3 ? std::atoll(words[3]) : 60;
  try {
    wattledger::testing::make_old_house(words[1], house);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 3;
  }
  return 0;
}
