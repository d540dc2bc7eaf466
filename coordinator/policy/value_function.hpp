// Piecewise-linear functions of a stored energy, on its whole cells, and the two things the planner
// does with them: the cheapest way from one to the next (infimal convolution) and the lower of two.
// Exact integers: positions in cells of 10 µWh, slopes in 1e-12 currency/kWh, values in 1e-20
// currency, in 128 bits. For the planner's own files and its tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace wattledger::policy {

__extension__ using Wide = __int128;

struct Segment {
  std::int64_t length;  // cells, above 0
  std::int64_t slope;   // value per cell
};

// Convex on the cells begin … end: slopes never fall from segment to segment, lengths add up to
// end − begin.
struct Run {
  std::int64_t begin, end;
  Wide value;                // at begin
  std::size_t first, count;  // its segments
};

// Runs in order, none on another's cells. A function that is not convex is cut where its slope
// falls: the next run begins a cell further on.
struct PiecewiseLinear {
  std::vector<Run> runs;
  std::vector<Segment> segments;

  void clear() {
    runs.clear();
    segments.clear();
  }
};

struct CellRange {
  std::int64_t begin, end;  // inclusive; empty when begin > end
};

// A run is begun, then takes segments; one of the slope before lengthens that one, one of no length
// is nothing.
void begin_run(PiecewiseLinear& function, std::int64_t begin, Wide value);
void add_segment(PiecewiseLinear& function, std::int64_t length, std::int64_t slope);

[[nodiscard]] Wide value_at_end(const PiecewiseLinear& function, const Run& run);

// Whether a function bends down where a run begins or ends: rises less beyond it than within.
struct RunBends {
  bool begin = false, end = false;
};

// out(s) = min over x of step(x) + next(s + x), s in `range`. Memory for the work is kept from call
// to call.
class Convolution {
 public:
  void operator()(const PiecewiseLinear& next, const PiecewiseLinear& step, CellRange range,
                  PiecewiseLinear& out);

 private:
  void fold(const PiecewiseLinear& next, const PiecewiseLinear& step, std::size_t step_run,
            CellRange range, PiecewiseLinear& out);
  PiecewiseLinear one_, tail_, folded_, before_;
  std::vector<RunBends> bends_, step_bends_;
};

// out(s) = min(a(s), b(s)) where both are, else the one that is. Equal on a stretch: no change of
// side there.
void lower_of(const PiecewiseLinear& a, const PiecewiseLinear& b, PiecewiseLinear& out);

// The function on `range` only.
void restrict_to(const PiecewiseLinear& function, CellRange range, PiecewiseLinear& out);

// Where step(x) + next(at + x) is least. Of several: the largest change, then the lower one.
struct Choice {
  bool found = false;
  std::int64_t change = 0;
  Wide value = 0;
};
void choose_least(const PiecewiseLinear& next, const PiecewiseLinear& step, std::int64_t at,
                  Choice& best);

// The slope beside a cell, across the gap between two runs too; false where the function ends.
[[nodiscard]] bool slope_after(const PiecewiseLinear& function, std::int64_t at,
                               std::int64_t& slope);
[[nodiscard]] bool slope_before(const PiecewiseLinear& function, std::int64_t at,
                                std::int64_t& slope);

// A function with about `points` break points of this one, and its ends; chords between them.
[[nodiscard]] PiecewiseLinear thinned(const PiecewiseLinear& function, std::size_t points);

}  // namespace wattledger::policy
