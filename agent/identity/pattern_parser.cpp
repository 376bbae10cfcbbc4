// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/pattern_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace ktls::identity {
namespace {

using Kind = Pattern::Step::Kind;

// GNU's operators \< \> \` \' would be something else to others.
constexpr std::string_view escapable = ".[]\\()*+?{}|^$/-,;:=\"#@ !%&~";

struct ClassRow {
  std::string_view name;
  std::string_view bytes; // pairs: from, to
};
// As in the C locale.
constexpr std::array<ClassRow, 12> class_table{{
    {"alpha", "azAZ"},
    {"digit", "09"},
    {"alnum", "azAZ09"},
    {"upper", "AZ"},
    {"lower", "az"},
    {"xdigit", "09afAF"},
    {"space", "\t\r  "},
    {"blank", "\t\t  "},
    {"print", " ~"},
    {"graph", "!~"},
    {"punct", "!/:@[`{~"},
    {"cntrl", std::string_view("\0\x1f\x7f\x7f", 4)},
}};

void add_range(unsigned char first, unsigned char last, Pattern::Bytes& to) {
  for (unsigned byte = first; byte <= last; ++byte)
    to.set(byte);
}

std::int32_t distance(std::size_t steps) {
  return static_cast<std::int32_t>(steps);
}
Pattern::Step fork(std::size_t to) {
  return {Kind::Fork, 0, distance(to)};
}
void append(std::vector<Pattern::Step>& to, const std::vector<Pattern::Step>& steps) {
  to.insert(to.end(), steps.begin(), steps.end());
}
std::vector<Pattern::Step> optional(const std::vector<Pattern::Step>& steps) {
  std::vector<Pattern::Step> out{fork(steps.size() + 1)};
  append(out, steps);
  return out;
}
std::vector<Pattern::Step> any_number(const std::vector<Pattern::Step>& steps) {
  auto out = optional(steps);
  out[0].to += 1;
  out.push_back({Kind::Jump, 0, -distance(out.size())});
  return out;
}

} // namespace

std::nullopt_t PatternParser::fail(std::string_view why) {
  if (problem_.empty())
    problem_ = fmt::format("{}, at byte {} of the regular expression", why, at_ + 1);
  return std::nullopt;
}

bool PatternParser::parse() {
  if (!is_utf8(text_) || text_.find('\0') != std::string_view::npos) {
    (void)fail("there is something that is no text in UTF-8");
    return false;
  }
  auto steps = alternatives(0);
  if (steps && !at_end())
    (void)fail("there is a ')' without '('");
  if (!problem_.empty())
    return false;
  program_.steps = *std::move(steps);
  return true;
}

std::optional<PatternParser::Steps> PatternParser::alternatives(unsigned depth) {
  auto out = branch(depth);
  while (out && take_if('|')) {
    const auto other = branch(depth);
    if (!other)
      return std::nullopt;
    if (depth == 0)
      note_atom("", false, depth);
    auto both = optional(*out);
    both[0].to += 1;
    both.push_back({Kind::Jump, 0, distance(other->size() + 1)});
    append(both, *other);
    if (!fits(both))
      return std::nullopt;
    out = std::move(both);
    // What one of several ends with is not what all do.
    if (depth == 0)
      fixed_end_.clear();
  }
  return out;
}

std::optional<PatternParser::Steps> PatternParser::branch(unsigned depth) {
  Steps out;
  const auto begin = at_;
  while (!at_end() && !next_is('|') && !(next_is(')') && depth > 0)) {
    auto steps = atom(depth);
    if (!steps)
      return std::nullopt;
    const auto bytes = std::exchange(literal_bytes_, {});
    const auto kind = steps->size() == 1 ? steps->front().kind : Kind::Byte;
    const bool is_assertion = kind != Kind::Byte;
    const auto before = at_;
    steps = repeated(*std::move(steps));
    if (!steps)
      return std::nullopt;
    if (is_assertion && at_ != before)
      return fail("there is nothing that could be repeated");
    if (!is_assertion)
      note_atom(bytes, at_ != before, depth);
    else if (kind == Kind::Begin ? at_ != 1 : !at_end())
      literal_ = false; // "a^b" matches nothing
    append(out, *steps);
    if (!fits(out))
      return std::nullopt;
  }
  if (at_ == begin)
    return fail("there is an empty alternative or group");
  return out;
}

void PatternParser::note_atom(std::string_view literal_bytes, bool repeats, unsigned depth) {
  if (depth > 0)
    return;
  if (literal_bytes.empty() || repeats) {
    literal_ = false;
    fixed_end_.clear();
  } else {
    fixed_end_ += literal_bytes;
  }
}

std::optional<PatternParser::Steps> PatternParser::atom(unsigned depth) {
  if (take_if('(')) {
    if (depth == Pattern::max_depth)
      return fail(fmt::format("there are more than {} parentheses in one another", depth));
    auto inner = alternatives(depth + 1);
    if (!inner)
      return std::nullopt;
    literal_bytes_.clear();
    if (!take_if(')'))
      return fail("there is a '(' without ')'");
    return inner;
  }
  if (take_if('['))
    return bracket();
  if (take_if('\\'))
    return escaped();
  if (take_if('^'))
    return Steps{{Kind::Begin, 0, 0}};
  if (take_if('$'))
    return Steps{{Kind::End, 0, 0}};
  if (take_if('.'))
    return Steps{byte_of(Pattern::Bytes().set())};
  if (next_is('*') || next_is('+') || next_is('?') || next_is('{'))
    return fail("there is nothing that could be repeated");
  if (next_is(')'))
    return fail("there is a ')' without '('");
  const auto bytes = text_.substr(at_, utf8_size(text_.substr(at_)));
  at_ += bytes.size();
  return literal(bytes);
}

std::optional<PatternParser::Steps> PatternParser::escaped() {
  if (at_end())
    return fail("there is a '\\' at the end");
  const auto byte = text_.substr(at_, 1);
  if (escapable.find(byte) == std::string_view::npos)
    return fail(fmt::format("\"\\{}\" has no meaning here", escape(byte)));
  ++at_;
  return literal(byte);
}

// POSIX.1, section 9.3.5. A ']' is itself at the beginning, a '\' anywhere.
std::optional<PatternParser::Steps> PatternParser::bracket() {
  const bool inverted = take_if('^');
  Pattern::Bytes set;
  do {
    if (at_end())
      return fail("there is a '[' without ']'");
    if (!bracket_item(set))
      return std::nullopt;
  } while (!take_if(']'));
  return Steps{byte_of(inverted ? ~set : set)};
}

bool PatternParser::bracket_item(Pattern::Bytes& to) {
  const auto rest = text_.substr(at_);
  if (rest.starts_with("[:"))
    return bracket_class(to);
  const auto first = bracket_byte();
  if (!first)
    return false;
  const auto behind = text_.substr(at_);
  if (!behind.starts_with('-') || behind.starts_with("-]")) {
    to.set(*first);
    return true;
  }
  ++at_;
  const auto last = bracket_byte();
  if (!last)
    return false;
  if (*last < *first) {
    (void)fail("there is a range whose end is before its beginning");
    return false;
  }
  add_range(*first, *last, to);
  return true;
}

bool PatternParser::bracket_class(Pattern::Bytes& to) {
  const auto end = text_.find(":]", at_);
  const auto name = end == std::string_view::npos ? "" : text_.substr(at_ + 2, end - at_ - 2);
  const auto* row = std::ranges::find(class_table, name, &ClassRow::name);
  if (row == class_table.end()) {
    (void)fail("there is an unknown class of characters");
    return false;
  }
  for (std::size_t i = 0; i < row->bytes.size(); i += 2)
    add_range(static_cast<unsigned char>(row->bytes[i]),
              static_cast<unsigned char>(row->bytes[i + 1]), to);
  at_ = end + 2;
  return true;
}

std::optional<unsigned char> PatternParser::bracket_byte() {
  const auto rest = text_.substr(at_);
  if (rest.empty() || rest.starts_with("[=") || rest.starts_with("[.") || rest.starts_with("[:"))
    return fail("there is something in brackets that is not supported");
  const auto byte = static_cast<unsigned char>(rest.front());
  if (byte >= 0x80)
    return fail("there is another character than of ASCII in brackets");
  ++at_;
  return byte;
}

std::optional<PatternParser::Steps> PatternParser::repeated(Steps steps) {
  if (take_if('*')) {
    steps = any_number(steps);
  } else if (take_if('+')) {
    steps.push_back({Kind::Fork, 0, -distance(steps.size())});
  } else if (take_if('?')) {
    steps = optional(steps);
  } else if (take_if('{')) {
    auto out = interval(steps);
    if (!out)
      return std::nullopt;
    steps = *std::move(out);
  } else {
    return steps;
  }
  if (next_is('*') || next_is('+') || next_is('?') || next_is('{'))
    return fail("there is nothing that could be repeated");
  return fits(steps) ? std::optional(std::move(steps)) : std::nullopt;
}

std::optional<PatternParser::Steps> PatternParser::interval(const Steps& steps) {
  const auto least = number();
  const bool has_comma = take_if(',');
  const bool is_open = has_comma && next_is('}');
  const auto most = has_comma && !is_open ? number() : least;
  if (!least || !most || *most < *least || *most == 0 || *most > Pattern::max_repeat ||
      !take_if('}'))
    return fail(fmt::format("there is no {{N}}, {{N,}} or {{N,M}} up to {} behind '{{'",
                            Pattern::max_repeat));
  Steps out;
  for (unsigned i = 0; i < *most; ++i) {
    append(out, i < *least ? steps : optional(steps));
    if (!fits(out))
      return std::nullopt;
  }
  if (is_open)
    append(out, any_number(steps));
  return out;
}

std::optional<unsigned> PatternParser::number() {
  constexpr std::size_t most_digits = 4;
  const auto begin = at_;
  unsigned out = 0;
  while (!at_end() && text_[at_] >= '0' && text_[at_] <= '9' && at_ - begin < most_digits)
    out = out * 10 + static_cast<unsigned>(text_[at_++] - '0');
  return at_ == begin ? std::nullopt : std::optional(out);
}

bool PatternParser::fits(const Steps& steps) {
  const bool is = steps.size() <= Pattern::max_steps;
  if (!is)
    (void)fail(fmt::format("with its repetitions written out it has more than {} steps",
                           Pattern::max_steps));
  return is;
}

Pattern::Step PatternParser::byte_of(const Pattern::Bytes& set) {
  auto& sets = program_.sets;
  const auto found = std::ranges::find(sets, set);
  const auto index = static_cast<std::uint16_t>(found - sets.begin());
  if (found == sets.end())
    sets.push_back(set);
  return {Kind::Byte, index, 0};
}

PatternParser::Steps PatternParser::literal(std::string_view bytes) {
  literal_bytes_ = bytes;
  Steps out;
  for (const char c : bytes)
    out.push_back(byte_of(Pattern::Bytes().set(static_cast<unsigned char>(c))));
  return out;
}

} // namespace ktls::identity
