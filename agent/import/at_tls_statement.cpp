// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/at_tls_statement.hpp"

#include <fmt/format.h>

#include "import/words.hpp"

namespace ktls::importer {
namespace {

// z/OS: "#" begins a comment, wherever it stands.
std::string_view without_comment(std::string_view line, Line number, Problems& problems) {
  const auto hash = line.find('#');
  if (hash != std::string_view::npos && hash > 0 && !is_blank(line[hash - 1]) &&
      line[hash - 1] != '#')
    problems.add(number, "\"#\" within a word is taken as the begin of a comment; is that meant?");
  return line.substr(0, hash);
}

bool is_brace(std::string_view word) {
  return word == "{" || word == "}";
}

class StatementParser {
public:
  explicit StatementParser(Problems& problems) : problems_(problems) { open_.push_back(&root_); }

  std::vector<Statement> parse(std::string_view text) {
    Line line = 0;
    for (const auto content : lines_of(text)) {
      ++line;
      parse_line(without_comment(content, line, problems_), line);
      if (problems_.fatal() && count_ > max_statements)
        break;
    }
    for (std::size_t i = 1; i < open_.size(); ++i)
      problems_.add_fatal(open_[i]->line, open_[i]->text() + ": the block is not closed");
    return std::move(root_.children);
  }

private:
  // Braces may stand on the line of a statement, too.
  void parse_line(std::string_view content, Line line) {
    std::string_view rest = content;
    for (const auto word : words(content)) {
      if (!is_brace(word))
        continue;
      const auto at = static_cast<std::size_t>(word.data() - rest.data());
      add(trimmed(rest.substr(0, at)), line);
      brace(word.front(), line);
      rest.remove_prefix(at + 1);
    }
    add(trimmed(rest), line);
  }

  void add(std::string_view text, Line line) {
    if (text.empty() || too_deep_ > 0)
      return;
    if (++count_ > max_statements) {
      problems_.add_fatal(line, fmt::format("more than {} statements", max_statements));
      return;
    }
    const auto keyword = first_word(text);
    open_.back()->children.push_back(
        {std::string(keyword), std::string(trimmed(text.substr(keyword.size()))), line, false, {}});
    may_open_ = true;
  }

  void brace(char which, Line line) {
    if (which == '{')
      open(line);
    else
      close(line);
    may_open_ = false;
  }

  void open(Line line) {
    if (too_deep_ > 0 || open_.size() > max_nesting) {
      if (too_deep_++ == 0)
        problems_.add_fatal(line, fmt::format("blocks in more than {} others", max_nesting));
      return;
    }
    if (!may_open_) {
      problems_.add_fatal(line, "\"{\" without a statement in front of it");
      open_.back()->children.push_back({"{", "", line, false, {}});
    }
    auto& owner = open_.back()->children.back();
    owner.block = true;
    open_.push_back(&owner);
  }

  void close(Line line) {
    if (too_deep_ > 0)
      --too_deep_;
    else if (open_.size() > 1)
      open_.pop_back();
    else
      problems_.add_fatal(line, "\"}\" closes nothing");
  }

  Problems& problems_;
  Statement root_;
  // The blocks around this place, from the outside. Only the last one grows, so that pointers to
  // children stay valid.
  std::vector<Statement*> open_;
  std::size_t count_ = 0;
  std::size_t too_deep_ = 0; // braces that are open beyond the limit
  bool may_open_ = false;    // the last thing was a statement without a block
};

} // namespace

bool Statement::is(std::string_view name) const {
  return same(keyword, name);
}

bool Statement::is_reference_to(std::string_view type) const {
  constexpr std::string_view end = "Ref";
  const std::string_view all = keyword;
  return all.size() == type.size() + end.size() && same(all.substr(0, type.size()), type) &&
         same(all.substr(type.size()), end);
}

std::string_view Statement::word() const {
  return first_word(value);
}

std::string Statement::text() const {
  return value.empty() ? keyword : fmt::format("{} {}", keyword, value);
}

std::vector<Statement> parse_statements(std::string_view text, Problems& problems) {
  return StatementParser(problems).parse(text);
}

} // namespace ktls::importer
