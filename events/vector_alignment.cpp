// FlatBuffers 2.0's verifier looks at the address of a vector's length, not at that of its
// elements: vectors of 8-byte values are looked at here, wherever the schemas have them.
// tests/events walks the schema's reflection and proves that none was forgotten.
#include <bit>

#include "events/codec.hpp"

namespace wattledger {
namespace {

template <class Element>
bool aligned(const flatbuffers::Vector<Element>* vector) {
  return vector == nullptr || vector->size() == 0 ||
         std::bit_cast<std::uintptr_t>(vector->Data()) % 8 == 0;
}

bool aligned(const flatbuffers::Vector<flatbuffers::Offset<fb::Series>>* several) {
  if (several == nullptr) return true;
  for (const fb::Series* series : *several)
    if (!aligned(series->values())) return false;
  return true;
}

bool aligned(const flatbuffers::Vector<flatbuffers::Offset<fb::TriedRule>>* tried) {
  if (tried == nullptr) return true;
  for (const fb::TriedRule* rule : *tried)
    if (!aligned(rule->numbers())) return false;
  return true;
}

}  // namespace

bool vectors_aligned(const fb::Event& event) {
  if (const auto* made = event.fact_as_DecisionMade()) return aligned(made->tried());
  if (const auto* plan = event.fact_as_PlanAdopted())
    return aligned(plan->price_e8()) && aligned(plan->feed_in_e8());
  if (const auto* prices = event.fact_as_PricesPublished()) return aligned(prices->prices_e8());
  if (const auto* peaks = event.fact_as_PeakHoursPublished()) return aligned(peaks->codes());
  if (const auto* site = event.fact_as_SiteAdopted()) return aligned(site->transitions());
  if (const auto* pv = event.fact_as_PvForecastIssued())
    return aligned(pv->power_w()) && aligned(pv->low_w()) && aligned(pv->high_w()) &&
           aligned(pv->irradiance_mw_m2()) && aligned(pv->direct_mw_m2()) &&
           aligned(pv->diffuse_mw_m2()) && aligned(pv->cloud_cover_bp()) &&
           aligned(pv->temperature_mc());
  if (const auto* load = event.fact_as_LoadForecastIssued())
    return aligned(load->power_w()) && aligned(load->low_w()) && aligned(load->high_w());
  return true;
}

}  // namespace wattledger
