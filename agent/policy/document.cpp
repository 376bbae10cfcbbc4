// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/document.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "policy/nesting.hpp"

namespace ktls::policy {

std::optional<toml::table> parse_document(const SourceFile& source, std::uint32_t file,
                                          Report& report) {
  if (const auto line = line_of_too_long_key(source.text)) {
    report.add_syntax_error({file, static_cast<std::uint32_t>(*line)},
                            fmt::format("a key of more than {} parts", max_key_parts));
    return std::nullopt;
  }
  toml::parse_result parsed = toml::parse(std::string_view(source.text));
  if (parsed)
    return std::move(parsed).table();
  const auto& error = parsed.error();
  report.add_syntax_error({file, error.source().begin.line}, escape(error.description()));
  return std::nullopt;
}

} // namespace ktls::policy
