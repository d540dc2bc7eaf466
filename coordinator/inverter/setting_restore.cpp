// writes_for_restore() and changes_text() of setting_writes.hpp.
#include <algorithm>
#include <map>

#include "coordinator/inverter/register_map.hpp"
#include "coordinator/inverter/setting_writes.hpp"

namespace wattledger::inverter {
namespace {

// What we ever write and keep. The log is as old as the house: what else somebody had recorded is
// not put back.
constexpr Range ours[] = {{45252, 1},
                          {45356, 1},
                          {45358, 1},
                          {work_mode_address, 1},
                          {47500, 1},
                          {limits_address, limits_words},
                          {eco_v1_addresses[0], v1_words},
                          {fast_address, fast_words},
                          {fast_power_address, 1},
                          {tou_address, 1}};
constexpr std::uint16_t export_on_address = 47509;
constexpr std::uint16_t export_limit_address = 47510;
constexpr std::uint16_t not_present = 0xFFFF;

bool is_ours(std::uint16_t address) {
  const bool listed = std::any_of(std::begin(ours), std::end(ours), [&](Range range) {
    return address >= range.start && address < range.start + range.count;
  });
  return listed && std::any_of(register_map.begin(), register_map.end(), [&](const Register& row) {
           return row.access == Access::read_write && address >= row.address &&
                  address < row.address + row.words;
         });
}

// Word by word, as runs need not be cut alike then and now.
class Words {
 public:
  explicit Words(const RegisterWords& runs) {
    for (const auto& [start, words] : runs)
      for (std::size_t i = 0; i < words.size(); ++i)
        words_[static_cast<std::uint16_t>(start + i)] = words[i];
  }
  [[nodiscard]] std::optional<std::uint16_t> at(std::uint16_t address) const {
    const auto found = words_.find(address);
    return found == words_.end() ? std::nullopt : std::optional(found->second);
  }
  // All of them or none.
  [[nodiscard]] std::vector<std::uint16_t> run(std::uint16_t address, std::size_t count) const {
    std::vector<std::uint16_t> words;
    for (std::size_t i = 0; i < count; ++i) {
      const auto word = at(static_cast<std::uint16_t>(address + i));
      if (!word) return {};
      words.push_back(*word);
    }
    return words;
  }

 private:
  std::map<std::uint16_t, std::uint16_t> words_;
};

class Restore {
 public:
  Restore(const RegisterWords& kept, const RegisterWords& now) : kept_(kept), now_(now) {}

  Writes writes() {
    Writes groups;
    for (const std::uint16_t address : eco_v1_addresses) put(groups, address, eco_v1_words);
    for (const std::uint16_t address : eco_group_addresses) put(groups, address, eco_group_words);
    Writes limits, enables;
    for (const std::uint16_t address :
         {std::uint16_t{45356}, std::uint16_t{45358}, std::uint16_t{47500}, export_limit_address,
          fast_soc_address, fast_power_address})
      put(limits, address, 1);
    for (const std::uint16_t address :
         {export_on_address, tou_address, std::uint16_t{45252}, fast_address})
      put(enables, address, 1);
    Writes ems;
    put(ems, ems_address, 2);

    Writes all;
    const bool mode_changes = begin(all, !groups.empty());
    // A charge that runs, and an EMS mode that is on, end before their limits change.
    take_off(enables, fast_address, 0, all);
    take_off(ems, ems_address, ems_auto, all);
    for (const Writes* part : {&groups, &limits, &enables, &ems})
      all.insert(all.end(), part->begin(), part->end());
    end(all, mode_changes);
    return all;
  }

 private:
  void put(Writes& writes, std::uint16_t address, std::size_t count) const {
    Write write{address, kept_.run(address, count)};
    const auto now = now_.run(address, count);
    if (write.words.empty() || now.empty() || says_the_same(write, now)) return;
    // A limit of -1 W is one.
    if (count == 1 && write.words[0] == not_present && address != export_limit_address) return;
    for (std::size_t i = 0; i < count; ++i)
      if (!is_ours(static_cast<std::uint16_t>(address + i))) return;
    writes.push_back(std::move(write));
  }

  static void take_off(Writes& from, std::uint16_t address, std::uint16_t off, Writes& to) {
    const auto found = std::find_if(from.begin(), from.end(), [&](const Write& write) {
      return write.address == address && write.words[0] == off;
    });
    if (found == from.end()) return;
    to.push_back(*found);
    from.erase(found);
  }

  // True when the work mode is written, now or at the end.
  bool begin(Writes& all, bool groups_change) {
    const auto mode = now_.at(work_mode_address);
    if (!mode) return false;
    const bool differs = kept_mode() && *kept_mode() != *mode;
    if (*mode == work_mode_general || !(differs || groups_change)) return differs;
    all.push_back({work_mode_address, {work_mode_general}});
    return true;
  }

  void end(Writes& all, bool mode_changes) const {
    if (!mode_changes) return;
    const std::uint16_t mode =
        kept_mode().value_or(now_.at(work_mode_address).value_or(work_mode_general));
    if (mode != work_mode_general) all.push_back({work_mode_address, {mode}});
    if (mode != work_mode_eco) all.push_back({clear_address, {1}});
  }

  [[nodiscard]] std::optional<std::uint16_t> kept_mode() const {
    const auto mode = kept_.at(work_mode_address);
    return mode == not_present ? std::nullopt : mode;
  }

  Words kept_, now_;
};

constexpr std::size_t changes_told = 3;

const Register* setting_at(std::uint16_t address) {
  const auto found =
      std::find_if(register_map.begin(), register_map.end(), [&](const Register& each) {
        return each.access != Access::read && address >= each.address &&
               address < each.address + each.words;
      });
  return found == register_map.end() ? nullptr : &*found;
}

}  // namespace

std::string changes_text(const RegisterWords& before, const RegisterWords& now) {
  const Words old(before);
  std::vector<std::string> changes;
  const Register* last = nullptr;
  for (const auto& [start, words] : now) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      const auto address = static_cast<std::uint16_t>(start + i);
      const auto was = old.at(address);
      if (!was || *was == words[i]) continue;
      const Register* row = setting_at(address);
      if (row != nullptr && row == last) continue;  // another word of the same
      last = row;
      std::string change =
          row == nullptr ? "register " + std::to_string(address) : std::string(row->name);
      if (row == nullptr || row->words == 1)
        change += " " + std::to_string(words[i]) + ", was " + std::to_string(*was);
      changes.push_back(std::move(change));
    }
  }
  std::string text;
  for (std::size_t i = 0; i < std::min(changes.size(), changes_told); ++i)
    text += (i == 0 ? "" : "; ") + changes[i];
  if (changes.size() > changes_told)
    text += "; and " + std::to_string(changes.size() - changes_told) + " more";
  return text;
}

Writes writes_for_restore(const RegisterWords& kept, const RegisterWords& now) {
  return Restore(kept, now).writes();
}

}  // namespace wattledger::inverter
