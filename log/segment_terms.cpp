#include "log/segment_terms.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <span>

#include "log/segment_words.hpp"

namespace wattledger::log {
namespace {

// A search costs more than it gains where there are few records, or many words.
constexpr std::size_t records_min = 64;
constexpr std::size_t words_max = 256;
// Sums of one count of terms that are worth a closer look.
constexpr std::size_t kept = 2;
// What remains of a word's changes must be less than this part of what a simpler form leaves.
constexpr double worth = 0.9;

double product(std::span<const float> a, std::span<const float> b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

}  // namespace

// The best sums of each count of terms, best first.
class TermSearch::Best {
 public:
  Best() {
    for (auto& sums : sums_) sums.fill({std::numeric_limits<double>::infinity(), {}});
  }
  void offer(std::size_t count, const Sum& sum) {
    auto& sums = sums_[count - 1];
    if (sum.left >= sums.back().left) return;
    sums.back() = sum;
    for (std::size_t i = kept - 1; i > 0 && sums[i].left < sums[i - 1].left; --i)
      std::swap(sums[i], sums[i - 1]);
  }
  [[nodiscard]] const std::array<Sum, kept>& of(std::size_t count) const {
    return sums_[count - 1];
  }

 private:
  std::array<std::array<Sum, kept>, LinearForm::terms_max> sums_{};
};

TermSearch::TermSearch(const Columns& columns, const Stretches& stretches)
    : columns_(columns), stretches_(stretches) {}

TermSearch::Differences TermSearch::differences(std::uint32_t offset) const {
  const Words words(columns_, offset);
  Differences result;
  for (const auto& [from, to] : stretches_)
    for (std::size_t i = from + 1; i < to; ++i)
      result.push_back(static_cast<float>(sign_extended(words[i] - words[i - 1], width)));
  return result;
}

void TermSearch::add(std::uint32_t offset) {
  Differences source = differences(offset);
  if (std::ranges::all_of(source, [](float difference) { return difference == 0; })) return;
  const std::size_t slot = added_++ % sources_max;
  if (slot == sources_.size()) {
    sources_.emplace_back();
    words_.emplace_back();
  }
  sources_[slot] = std::move(source);
  words_[slot] = static_cast<std::uint16_t>(offset / width);
  for (std::size_t other = 0; other < sources_.size(); ++other)
    products_[slot][other] = products_[other][slot] = product(sources_[slot], sources_[other]);
}

// Expands the square of (target - sum), whose products are known, for each sum there is.
void TermSearch::search(const Differences& target, Best& best) const {
  const std::size_t count = 2 * sources_.size();
  std::array<double, signed_max> alone{};
  std::array<std::array<double, signed_max>, signed_max> together{};
  for (std::size_t a = 0; a < count; ++a) {
    const double with_target = 2 * product(target, sources_[a / 2]);
    alone[a] = products_[a / 2][a / 2] + (a % 2 == 0 ? -with_target : with_target);
    for (std::size_t b = 0; b < count; ++b)
      together[a][b] = (a % 2 == b % 2 ? 2 : -2) * products_[a / 2][b / 2];
  }
  const double none = product(target, target);
  const auto number = [](std::size_t term) { return static_cast<std::uint8_t>(term); };
  for (std::size_t a = 0; a < count; ++a) {
    const double one = none + alone[a];
    best.offer(1, {one, {number(a)}});
    for (std::size_t b = a; b < count; ++b) {
      const double two = one + alone[b] + together[a][b];
      best.offer(2, {two, {number(a), number(b)}});
      for (std::size_t c = b; c < count; ++c)
        best.offer(3, {two + alone[c] + together[a][c] + together[b][c],
                       {number(a), number(b), number(c)}});
    }
  }
}

LinearForm TermSearch::form_of(const Sum& sum, std::size_t count) const {
  LinearForm form;
  form.count = static_cast<std::uint8_t>(count);
  for (std::size_t i = 0; i < count; ++i)
    form.terms[i] = {words_[sum.terms[i] / 2], sum.terms[i] % 2 != 0};
  return form;
}

std::vector<LinearForm> TermSearch::find(std::uint32_t offset) {
  if (columns_.records < records_min || columns_.words() > words_max) return {};
  for (; added_to_ < offset; added_to_ += width) add(added_to_);
  const Differences target = differences(offset);
  double limit = worth * product(target, target);
  if (limit == 0 || sources_.empty()) return {};
  Best best;
  search(target, best);
  std::vector<LinearForm> forms;
  for (std::size_t count = 1; count <= LinearForm::terms_max; ++count) {
    for (const Sum& sum : best.of(count))
      if (sum.left < limit) forms.push_back(form_of(sum, count));
    limit = std::min(limit, worth * best.of(count).front().left);
  }
  return forms;
}

}  // namespace wattledger::log
