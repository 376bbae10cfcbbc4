// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/pattern.hpp"

#include "identity/pattern_parser.hpp"

namespace ktls::identity {
namespace {

// The steps that are waited at, each once.
class States {
public:
  explicit States(std::size_t steps) : seen_(steps + 1) {}

  void clear() {
    for (const auto step : list_)
      seen_[step] = false;
    list_.clear();
  }
  // False: it was there.
  bool add(std::size_t step) {
    if (seen_[step])
      return false;
    seen_[step] = true;
    list_.push_back(step);
    return true;
  }
  [[nodiscard]] bool has(std::size_t step) const { return seen_[step]; }
  [[nodiscard]] const std::vector<std::size_t>& list() const { return list_; }

private:
  std::vector<bool> seen_;
  std::vector<std::size_t> list_;
};

struct Position {
  bool at_begin;
  bool at_end;
};

// `from`, and all that can be reached from there without a byte. The steps that only lead on are
// kept as well, which does no harm.
void reach(const std::vector<Pattern::Step>& steps, std::size_t from, Position position,
           std::vector<std::size_t>& left, States& to) {
  using Kind = Pattern::Step::Kind;
  left.push_back(from);
  while (!left.empty()) {
    const auto at = left.back();
    left.pop_back();
    if (!to.add(at) || at == steps.size())
      continue;
    const auto& step = steps[at];
    const auto target = at + static_cast<std::size_t>(step.to);
    switch (step.kind) {
    case Kind::Byte:
      break;
    case Kind::Begin:
      if (position.at_begin)
        left.push_back(at + 1);
      break;
    case Kind::End:
      if (position.at_end)
        left.push_back(at + 1);
      break;
    case Kind::Fork:
      left.push_back(at + 1);
      left.push_back(target);
      break;
    case Kind::Jump:
      left.push_back(target);
      break;
    }
  }
}

} // namespace

tl::expected<Pattern, std::string> Pattern::parse(std::string_view text) {
  if (text.empty() || text.size() > max_size)
    return tl::make_unexpected("a regular expression has 1 to " + std::to_string(max_size) +
                               " bytes");
  PatternParser parser(text);
  if (!parser.parse())
    return tl::make_unexpected(parser.problem());
  Pattern out;
  out.text_ = text;
  out.program_ = parser.take_program();
  out.fixed_end_ = parser.fixed_end();
  out.literal_ = parser.is_literal();
  return out;
}

std::size_t Pattern::cost(std::string_view text) const {
  return literal_ || !text.ends_with(fixed_end_) ? 0 : text.size() * program_.steps.size();
}

bool Pattern::matches(std::string_view text) const {
  if (literal_)
    return text == fixed_end_;
  if (!text.ends_with(fixed_end_))
    return false;
  const auto& steps = program_.steps;
  States now(steps.size());
  States next(steps.size());
  std::vector<std::size_t> left;
  reach(steps, 0, {true, text.empty()}, left, now);
  for (std::size_t i = 0; i < text.size() && !now.list().empty(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    for (const auto at : now.list()) {
      const bool is_byte = at < steps.size() && steps[at].kind == Step::Kind::Byte;
      if (is_byte && program_.sets[steps[at].set].test(byte))
        reach(steps, at + 1, {false, i + 1 == text.size()}, left, next);
    }
    std::swap(now, next);
    next.clear();
  }
  return now.has(steps.size());
}

} // namespace ktls::identity
