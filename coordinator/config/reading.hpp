// A configuration's file read to its end, whatever is wrong in it. For this room.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "coordinator/config/config.hpp"
#include "coordinator/config/environment.hpp"
#include "coordinator/config/keys.hpp"
#include "coordinator/config/legacy_tariff.hpp"
#include "coordinator/config/yaml_tree.hpp"

namespace wattledger::config {

// What is wrong where no key alone is: two that do not go together, one that another needs.
struct Complaint {
  int line = 1;
  std::string path;  // the key to blame
  std::string what;
  std::string remedy;
};

struct Reading {
  Config config;                       // what is wrong has its default there
  std::vector<Error> of_keys;          // of one key each, in the order of the file; "FILE:LINE: "
  std::vector<Complaint> of_together;  // of keys that each alone are right
};
[[nodiscard]] Reading read_configuration(const YamlTree& root, const std::string& file_name,
                                         Unset unset);

// In Config::without_meaning where it is asked for beside policy cheapest, which never sells.
inline constexpr std::string_view idle_selling = "selling.enabled";

// What the file gave, key by key.
struct Given {
  std::map<std::string, int> lines;  // of every key, also under our name for a legacy one
  std::set<std::string> wrong;       // paths that are wrong by themselves
  std::optional<TariffTable> zones;
  std::optional<LegacyTariff> legacy_tariff;
};
// Completes `config` by what keys together mean (the tariff's zones, a port), and says what does
// not go together. Nothing is said of keys that are wrong by themselves.
[[nodiscard]] std::vector<Complaint> check_together(const Given& given, Config& config);

}  // namespace wattledger::config
