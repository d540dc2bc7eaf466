#include "replay/legacy_import/handover.hpp"

#include <doctest/doctest.h>

#include <thread>

using wattledger::tool::Handover;

TEST_CASE("what one thread gives the other takes, in order and to the end") {
  Handover<int> numbers;
  std::jthread giver([&] {
    for (int i = 0; i < 1'000; ++i) (void)numbers.give(i);
    numbers.end();
  });
  int next = 0;
  bool in_order = true;
  while (const auto number = numbers.take()) in_order = in_order && *number == next++;
  CHECK(in_order);
  CHECK(next == 1'000);
  CHECK_FALSE(numbers.take());
}

TEST_CASE("who gives is told that the taker has left, even while it waits for room") {
  Handover<int> numbers;
  int given = 0;
  std::jthread giver([&] {
    while (numbers.give(given)) ++given;
  });
  CHECK(numbers.take() == 0);
  numbers.leave();
  giver.join();
  CHECK(given >= 1);
  CHECK(given <= 1 + static_cast<int>(Handover<int>::batches_max));
  CHECK_FALSE(numbers.give(7));
}

TEST_CASE("who waits for more is told that there is none") {
  Handover<int> numbers;
  std::jthread taker([&] { CHECK_FALSE(numbers.take()); });
  numbers.end();
}
