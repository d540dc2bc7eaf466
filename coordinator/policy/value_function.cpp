#include "coordinator/policy/value_function.hpp"

#include <algorithm>
#include <limits>

namespace wattledger::policy {
namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

// Goes through a function from piece to piece. A piece is the cells at … until − 1; the last cell
// of a run is a piece of its own.
class Cursor {
 public:
  Cursor(const PiecewiseLinear& function, std::int64_t from) : function_(&function), at_(from) {
    begin_next_run();
  }

  [[nodiscard]] bool inside() const { return inside_; }
  [[nodiscard]] bool done() const { return !inside_ && until_ == never; }
  [[nodiscard]] std::int64_t until() const { return until_; }
  [[nodiscard]] Wide value() const { return value_; }
  [[nodiscard]] std::int64_t slope() const { return slope_; }
  [[nodiscard]] Wide value_after(std::int64_t cells) const {
    return value_ + static_cast<Wide>(slope_) * cells;
  }

  void move(std::int64_t to) {
    if (inside_) value_ += static_cast<Wide>(slope_) * (to - at_);
    at_ = to;
    if (at_ < until_) return;
    if (inside_ && at_ <= function_->runs[run_].end) {
      next_piece();
    } else {
      if (inside_) ++run_;
      begin_next_run();
    }
  }

 private:
  void begin_next_run() {
    if (run_ == function_->runs.size()) {
      inside_ = false;
      until_ = never;
      return;
    }
    const Run& run = function_->runs[run_];
    inside_ = run.begin <= at_;
    until_ = run.begin;
    if (!inside_) return;
    value_ = run.value;
    segment_ = run.first;
    next_piece();
  }

  void next_piece() {
    const Run& run = function_->runs[run_];
    if (segment_ == run.first + run.count) {
      slope_ = 0;
      until_ = at_ + 1;
      return;
    }
    const Segment& segment = function_->segments[segment_++];
    slope_ = segment.slope;
    until_ = at_ + segment.length;
  }

  const PiecewiseLinear* function_;
  std::size_t run_ = 0, segment_ = 0;
  std::int64_t at_, until_ = 0, slope_ = 0;
  Wide value_ = 0;
  bool inside_ = false;
};

// Takes pieces from left to right and joins those that are convex together.
class Joiner {
 public:
  explicit Joiner(PiecewiseLinear& out) : out_(&out) {
    if (!out.runs.empty()) value_ = value_at_end(out, out.runs.back());
  }

  // The cells from … to; of one cell the slope means nothing.
  void add(std::int64_t from, std::int64_t to, Wide value, std::int64_t slope) {
    const std::int64_t length = to - from;
    if (!joins(from, length, value, slope)) begin_run(*out_, from, value);
    add_segment(*out_, length, slope);
    value_ = value + static_cast<Wide>(slope) * length;
  }

 private:
  // Adds the step between the run's last cell and `from` if the run stays convex.
  bool joins(std::int64_t from, std::int64_t length, Wide value, std::int64_t slope) {
    if (out_->runs.empty() || out_->runs.back().end + 1 != from) return false;
    const Wide step = value - value_;
    if (length > 0 && step > slope) return false;
    if (out_->runs.back().count > 0 && step < out_->segments.back().slope) return false;
    if (step > never || step < -never) return false;
    add_segment(*out_, 1, static_cast<std::int64_t>(step));
    return true;
  }

  PiecewiseLinear* out_;
  Wide value_ = 0;
};

// How many steps of `rate` lie within `gap`, both above 0.
std::int64_t steps_within(Wide gap, Wide rate) {
  if (gap <= never && rate <= never)
    return static_cast<std::int64_t>(gap) / static_cast<std::int64_t>(rate);
  return static_cast<std::int64_t>(gap / rate);
}

// One stretch where both functions are linear.
void add_lower(const Cursor& a, const Cursor& b, CellRange cells, bool& prefer_b, Joiner& joiner) {
  const std::int64_t length = cells.end - cells.begin;
  const Wide first = b.value() - a.value();
  const Wide last = b.value_after(length) - a.value_after(length);
  const auto add = [&](const Cursor& which, std::int64_t from, std::int64_t to) {
    joiner.add(from, to, which.value_after(from - cells.begin), which.slope());
  };
  if ((first < 0 && last > 0) || (first > 0 && last < 0)) {
    prefer_b = last < 0;
    const Wide gap = first < 0 ? -first : first;
    const Wide rate = static_cast<Wide>(a.slope()) - b.slope();
    const std::int64_t cross = cells.begin + steps_within(gap, rate < 0 ? -rate : rate);
    add(prefer_b ? a : b, cells.begin, cross);
    add(prefer_b ? b : a, cross + 1, cells.end);
    return;
  }
  if (first != 0 || last != 0) prefer_b = first < 0 || last < 0;
  add(prefer_b ? b : a, cells.begin, cells.end);
}

void add_lower_of(const PiecewiseLinear& a, const PiecewiseLinear& b, PiecewiseLinear& out) {
  if (a.runs.empty() && b.runs.empty()) return;
  std::int64_t at = never;
  if (!a.runs.empty()) at = std::min(at, a.runs.front().begin);
  if (!b.runs.empty()) at = std::min(at, b.runs.front().begin);
  Cursor left(a, at), right(b, at);
  Joiner joiner(out);
  bool prefer_b = false;
  while (!left.done() || !right.done()) {
    const std::int64_t until = std::min(left.until(), right.until());
    if (left.inside() && right.inside())
      add_lower(left, right, {at, until - 1}, prefer_b, joiner);
    else if (left.inside())
      joiner.add(at, until - 1, left.value(), left.slope());
    else if (right.inside())
      joiner.add(at, until - 1, right.value(), right.slope());
    left.move(until);
    right.move(until);
    at = until;
  }
}

// For each run of a function, by its neighbours.
void find_bends(const PiecewiseLinear& function, std::vector<RunBends>& bends) {
  bends.assign(function.runs.size(), {});
  for (std::size_t i = 0; i + 1 < function.runs.size(); ++i) {
    const Run& left = function.runs[i];
    const Run& right = function.runs[i + 1];
    if (left.count == 0 || right.count == 0 || right.begin != left.end + 1) continue;
    const Wide between = right.value - value_at_end(function, left);
    bends[i].end = between < function.segments[left.first + left.count - 1].slope;
    bends[i + 1].begin = between > function.segments[right.first].slope;
  }
}

// Both convex: the slopes of both, in order. What lies before the range only adds to the value.
//
// Where one function stands at an end at which it bends down and only the other moves, the
// neighbouring run is strictly better at the same place: one cell further in both costs less. Those
// stretches, the first and the last, are left out; without them the runs hardly overlap.
void add_merged(const PiecewiseLinear& next, const Run& run, RunBends bends,
                const PiecewiseLinear& step, const Run& step_run, RunBends step_bends,
                CellRange range, PiecewiseLinear& out) {
  std::int64_t at = run.begin - step_run.end;
  if (std::max(at, range.begin) > std::min(run.end - step_run.begin, range.end)) return;
  Wide value = run.value + value_at_end(step, step_run);
  const Segment* forward = next.segments.data() + run.first;
  const Segment* const forward_end = forward + run.count;
  const Segment* const backward_end = step.segments.data() + step_run.first;
  const Segment* backward = backward_end + step_run.count;
  const auto step_is_next = [&] {
    return forward == forward_end ||
           (backward != backward_end && -(backward - 1)->slope <= forward->slope);
  };
  const bool step_leads = step_is_next();
  bool leading = step_leads ? bends.begin : step_bends.end, begun = false;
  while (at < range.end && (forward != forward_end || backward != backward_end)) {
    if (forward == forward_end ? bends.end : backward == backward_end && step_bends.begin) break;
    const bool take_step = step_is_next();
    std::int64_t length = take_step ? (--backward)->length : forward->length;
    const std::int64_t slope = take_step ? -backward->slope : (forward++)->slope;
    leading = leading && take_step == step_leads;
    if (!begun) {
      const std::int64_t skipped =
          leading ? length : std::clamp<std::int64_t>(range.begin - at, 0, length);
      at += skipped;
      value += static_cast<Wide>(slope) * skipped;
      length -= skipped;
      if (leading || at < range.begin) continue;
      begun = true;
      begin_run(out, at, value);
    }
    length = std::min(length, range.end - at);
    add_segment(out, length, slope);
    at += length;
  }
  if (!begun && at >= range.begin && at <= range.end) begin_run(out, at, value);
}

// The run at or behind a cell; the function's number of runs where there is none.
std::size_t run_at(const PiecewiseLinear& function, std::int64_t at) {
  const auto found = std::partition_point(function.runs.begin(), function.runs.end(),
                                          [&](const Run& run) { return run.end < at; });
  return static_cast<std::size_t>(found - function.runs.begin());
}

// The segments of two runs side by side, from one cell on.
struct Walk {
  const Segment* segment;
  const Segment* end;
  std::int64_t left = 0;  // of *segment
  Wide value;             // where it stands

  Walk(const PiecewiseLinear& function, const Run& run, std::int64_t from)
      : segment(function.segments.data() + run.first), end(segment + run.count), value(run.value) {
    if (segment != end) left = segment->length;
    for (std::int64_t ahead = from - run.begin; ahead > 0;) {
      const std::int64_t part = std::min(ahead, left);
      value += static_cast<Wide>(segment->slope) * part;
      move(part);
      ahead -= part;
    }
  }
  void move(std::int64_t cells) {
    left -= cells;
    if (left == 0 && ++segment != end) left = segment->length;
  }
};

// Least on one pair of runs: the sum is convex, so it falls until its slope is no longer below 0.
void choose_in(const PiecewiseLinear& next, const Run& run, const PiecewiseLinear& step,
               const Run& step_run, std::int64_t at, Choice& best) {
  const std::int64_t begin = std::max(step_run.begin, run.begin - at);
  const std::int64_t end = std::min(step_run.end, run.end - at);
  if (begin > end) return;
  Walk left(step, step_run, begin), right(next, run, begin + at);
  std::int64_t x = begin, first = begin;
  Wide value = left.value + right.value;
  while (x < end) {
    const Wide slope = static_cast<Wide>(left.segment->slope) + right.segment->slope;
    if (slope > 0) break;
    const std::int64_t part = std::min({left.left, right.left, end - x});
    value += slope * part;
    x += part;
    if (slope < 0) first = x;
    left.move(part);
    right.move(part);
  }
  const auto size = [](std::int64_t change) { return change < 0 ? -change : change; };
  const std::int64_t change = size(x) > size(first) ? x : first;
  if (best.found && best.value < value) return;
  if (best.found && best.value == value &&
      (size(best.change) > size(change) ||
       (size(best.change) == size(change) && best.change <= change)))
    return;
  best = {true, change, value};
}

}  // namespace

void begin_run(PiecewiseLinear& function, std::int64_t begin, Wide value) {
  function.runs.push_back({begin, begin, value, function.segments.size(), 0});
}

void add_segment(PiecewiseLinear& function, std::int64_t length, std::int64_t slope) {
  if (length <= 0) return;
  Run& run = function.runs.back();
  run.end += length;
  if (run.count > 0 && function.segments.back().slope == slope) {
    function.segments.back().length += length;
    return;
  }
  function.segments.push_back({length, slope});
  ++run.count;
}

Wide value_at_end(const PiecewiseLinear& function, const Run& run) {
  Wide value = run.value;
  for (std::size_t i = run.first; i < run.first + run.count; ++i)
    value += static_cast<Wide>(function.segments[i].slope) * function.segments[i].length;
  return value;
}

void Convolution::fold(const PiecewiseLinear& next, const PiecewiseLinear& step,
                       std::size_t step_index, CellRange range, PiecewiseLinear& out) {
  out.clear();
  for (std::size_t i = 0; i < next.runs.size(); ++i) {
    one_.clear();
    add_merged(next, next.runs[i], bends_[i], step, step.runs[step_index], step_bends_[step_index],
               range, one_);
    if (one_.runs.empty()) continue;
    // Later runs lie further to the right: as a rule only the end of what is there changes.
    const std::size_t kept = run_at(out, one_.runs.front().begin);
    tail_.clear();
    if (kept < out.runs.size()) {
      const std::size_t first = out.runs[kept].first;
      tail_.runs.assign(out.runs.begin() + static_cast<std::ptrdiff_t>(kept), out.runs.end());
      tail_.segments.assign(out.segments.begin() + static_cast<std::ptrdiff_t>(first),
                            out.segments.end());
      for (Run& each : tail_.runs) each.first -= first;
      out.runs.resize(kept);
      out.segments.resize(first);
    }
    add_lower_of(tail_, one_, out);
  }
}

void Convolution::operator()(const PiecewiseLinear& next, const PiecewiseLinear& step,
                             CellRange range, PiecewiseLinear& out) {
  out.clear();
  if (next.runs.size() == 1 && step.runs.size() == 1) {
    add_merged(next, next.runs.front(), {}, step, step.runs.front(), {}, range, out);
    return;
  }
  find_bends(next, bends_);
  find_bends(step, step_bends_);
  for (std::size_t i = 0; i < step.runs.size(); ++i) {
    fold(next, step, i, range, i == 0 ? out : folded_);
    if (i == 0) continue;
    std::swap(before_, out);
    out.clear();
    add_lower_of(before_, folded_, out);
  }
}

void lower_of(const PiecewiseLinear& a, const PiecewiseLinear& b, PiecewiseLinear& out) {
  out.clear();
  add_lower_of(a, b, out);
}

void restrict_to(const PiecewiseLinear& function, CellRange range, PiecewiseLinear& out) {
  const PiecewiseLinear nothing{{{0, 0, 0, 0, 0}}, {}};
  out.clear();
  for (const Run& run : function.runs)
    add_merged(function, run, {}, nothing, nothing.runs.front(), {}, range, out);
}

void choose_least(const PiecewiseLinear& next, const PiecewiseLinear& step, std::int64_t at,
                  Choice& best) {
  for (const Run& step_run : step.runs)
    for (std::size_t i = run_at(next, at + step_run.begin);
         i < next.runs.size() && next.runs[i].begin <= at + step_run.end; ++i)
      choose_in(next, next.runs[i], step, step_run, at, best);
}

bool slope_after(const PiecewiseLinear& function, std::int64_t at, std::int64_t& slope) {
  std::size_t index = run_at(function, at);
  if (index < function.runs.size() && function.runs[index].end == at) ++index;
  if (index == function.runs.size()) return false;
  const Run& run = function.runs[index];
  if (run.begin > at + 1 || run.count == 0) return false;
  slope = Walk(function, run, std::max(at, run.begin)).segment->slope;
  return true;
}

bool slope_before(const PiecewiseLinear& function, std::int64_t at, std::int64_t& slope) {
  const std::size_t index = run_at(function, at - 1);
  if (index == function.runs.size() || function.runs[index].begin > at - 1) return false;
  const Run& run = function.runs[index];
  if (run.count == 0) return false;
  slope = Walk(function, run, std::min(at, run.end) - 1).segment->slope;
  return true;
}

PiecewiseLinear thinned(const PiecewiseLinear& function, std::size_t points) {
  struct Point {
    std::int64_t at;
    Wide value;
    bool hole_follows;
  };
  std::vector<Point> all;
  for (const Run& run : function.runs) {
    if (!all.empty()) all.back().hole_follows = all.back().at + 1 < run.begin;
    all.push_back({run.begin, run.value, false});
    for (std::size_t i = run.first; i < run.first + run.count; ++i) {
      const auto [length, slope] = function.segments[i];
      const Point& last = all.back();
      all.push_back({last.at + length, last.value + static_cast<Wide>(slope) * length, false});
    }
  }
  PiecewiseLinear out;
  Joiner joiner(out);
  const std::size_t every = (all.size() + points - 1) / std::max<std::size_t>(1, points);
  for (std::size_t from = 0; from < all.size();) {
    std::size_t to = from;
    while (to + 1 < all.size() && to < from + every && !all[to].hole_follows) ++to;
    const std::int64_t length = all[to].at - all[from].at;
    const Wide slope = length == 0 ? 0 : (all[to].value - all[from].value) / length;
    const bool ends = to + 1 == all.size() || all[to].hole_follows;
    joiner.add(all[from].at, all[to].at - (ends ? 0 : 1), all[from].value,
               static_cast<std::int64_t>(slope));
    from = ends ? to + 1 : to;
  }
  return out;
}

}  // namespace wattledger::policy
