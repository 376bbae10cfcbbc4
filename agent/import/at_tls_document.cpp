// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/at_tls_document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "import/words.hpp"

namespace ktls::importer {
namespace {

constexpr std::size_t max_name = 32; // Policy Agent, "General syntax rules"
constexpr std::array<std::string_view, 3> secrets{"pw", "pass", "secret"};

} // namespace

bool is_secret(const Statement& statement) {
  const auto keyword = lower(statement.keyword);
  return std::any_of(secrets.begin(), secrets.end(), [&](std::string_view part) {
    return keyword.find(part) != std::string::npos;
  });
}

std::string shown(const Statement& statement) {
  return is_secret(statement) ? fmt::format("{} (not shown)", statement.keyword) : statement.text();
}

std::string place(const Statement& statement) {
  return fmt::format("line {}", statement.line);
}

Document::Document(std::vector<Statement> statements, Problems& problems)
    : statements_(std::move(statements)), problems_(problems) {
  index();
}

void Document::index() {
  for (const auto& statement : statements_) {
    if (!statement.block)
      continue;
    if (statement.value.size() > max_name)
      problems_.add(statement.line, fmt::format("{}: z/OS takes names of at most {} characters",
                                                statement.text(), max_name));
    auto& named = by_name_[{lower(statement.keyword), statement.value}];
    if (named != nullptr)
      problems_.add(named->line, fmt::format("{}: there is another one in line {}, which counts",
                                             named->text(), statement.line));
    named = &statement;
    by_small_name_[{lower(statement.keyword), lower(statement.value)}] = &statement;
  }
}

const Statement* Document::find(std::string_view type, std::string_view name,
                                const Statement& user) {
  const auto found = by_name_.find({lower(type), std::string(name)});
  if (found != by_name_.end()) {
    use(*found->second);
    return found->second;
  }
  const auto near = by_small_name_.find({lower(type), lower(name)});
  problems_.add(user.line,
                fmt::format("{}: there is no {} of that name{}", user.text(), type,
                            near == by_small_name_.end() ? std::string()
                                                         : "; there is " + near->second->value));
  return nullptr;
}

std::vector<const Statement*> Document::blocks(const Statement& parent, std::string_view type,
                                               bool& broken) {
  std::vector<const Statement*> out;
  for (const auto& child : parent.children) {
    if (child.is(type) && child.block) {
      out.push_back(&child);
    } else if (child.is_reference_to(type)) {
      const auto* found = find(type, child.word(), child);
      if (found == nullptr)
        broken = true;
      else
        out.push_back(found);
    }
  }
  return out;
}

std::vector<const Statement*> Document::unused() const {
  std::vector<const Statement*> out;
  for (const auto& statement : statements_) {
    if (!used_.contains(&statement))
      out.push_back(&statement);
  }
  return out;
}

} // namespace ktls::importer
