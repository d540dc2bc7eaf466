// The canonical encoding of a decision: its fields in schema order, integers as 8 bytes
// little-endian, an optional with a byte before it, a list with its length. `plan` is left out: its
// sequence is known only when the plan is appended.
#include "coordinator/policy/decide.hpp"

namespace wattledger::policy {
namespace {

class Encoder {
 public:
  void put(std::uint64_t bits) {
    for (int i = 0; i < 8; ++i) {
      bytes_.push_back(static_cast<std::byte>(bits & 0xFFU));
      bits >>= 8U;
    }
  }
  void put(std::int64_t value) { put(static_cast<std::uint64_t>(value)); }
  template <class Integer>
  void put(const flatbuffers::Optional<Integer>& value) {
    bytes_.push_back(static_cast<std::byte>(value ? 1 : 0));
    if (value) put(static_cast<std::int64_t>(*value));
  }
  template <class Enum>
  requires std::is_enum_v<Enum>
  void put(Enum value) { put(static_cast<std::int64_t>(value)); }
  void put(const std::unique_ptr<fb::Digest256>& digest) {
    bytes_.push_back(static_cast<std::byte>(digest ? 1 : 0));
    if (!digest) return;
    put(digest->a());
    put(digest->b());
    put(digest->c());
    put(digest->d());
  }
  [[nodiscard]] std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace

std::vector<std::byte> canonical_bytes(const fb::DecisionMadeT& decision) {
  Encoder out;
  out.put(decision.action);
  out.put(decision.power_w);
  out.put(decision.target_soc_bp);
  out.put(decision.until_us);
  out.put(decision.rule);
  out.put(static_cast<std::uint64_t>(decision.tried.size()));
  for (const auto& tried : decision.tried) {
    out.put(tried->rule);
    out.put(tried->outcome);
    out.put(static_cast<std::uint64_t>(tried->numbers.size()));
    for (const std::int64_t number : tried->numbers) out.put(number);
  }
  out.put(decision.expected_cost_e8);
  out.put(decision.expected_saving_e8);
  out.put(decision.expected_energy_mwh);
  out.put(decision.price_e8);
  out.put(decision.based_on);
  out.put(decision.policy_digest);
  out.put(static_cast<std::uint64_t>(decision.engine_revision));
  out.put(decision.state_digest);
  out.put(decision.control_mode);
  return out.take();
}

}  // namespace wattledger::policy
