// SPDX-License-Identifier: GPL-2.0-or-later
// Mappings in tests; the file is called "m".
#pragma once

#include <fmt/format.h>

#include <map>

#include "identity/certificates.hpp"
#include "identity/mapping.hpp"
#include "policy/pin.hpp"

namespace ktls::identity::test {

using Files = std::map<std::string, std::string>;

// Of `named` only these can be read.
inline tl::expected<Mapping, policy::Problems> parse_mapping(const std::string& text,
                                                             const Files& named = {}) {
  const std::vector<policy::SourceFile> files{{"m", text}};
  return identity::parse_mapping(files, [&](const std::string& path) -> Result<std::string> {
    const auto found = named.find(path);
    if (found == named.end())
      return errno_error("", ENOENT);
    return found->second;
  });
}
// All of them, one in each line.
inline std::string problems(const std::string& text, const Files& named = {}) {
  const auto mapping = parse_mapping(text, named);
  return mapping ? "" : fmt::format("{}", fmt::join(mapping.error().lines, "\n"));
}
inline Mapping mapping(const std::string& text, const Files& named = {}) {
  auto parsed = parse_mapping(text, named);
  if (!parsed)
    throw std::runtime_error(problems(text, named));
  return *std::move(parsed);
}

// [anchor.ca], whose key is that of authority().
inline std::string anchor(const std::string& lines = "") {
  return fmt::format("[anchor.ca]\nspki_sha256 = \"{}\"\n{}\n", policy::pin_text(anchor_spki()),
                     lines);
}
inline std::string filter(const std::string& name, const std::string& match,
                          const std::string& user, const std::string& lines = "") {
  return fmt::format("[[filter]]\nname = \"{}\"\nanchor = \"ca\"\nmatch = '{}'\nuser = '{}'\n{}\n",
                     name, match, user, lines);
}

inline Context context() {
  Context out;
  out.anchor_spki = anchor_spki();
  return out;
}
inline Answer map(const std::string& text, const PeerIdentity& peer,
                  const Context& where = context()) {
  return mapping(text).map(peer, where);
}

// "match alice strong", "error"
inline std::string said(const Answer& answer) {
  if (answer.result != StepResult::Match)
    return std::string(name_of(answer.result));
  return fmt::format("match {} {}", answer.user, name_of(answer.strength));
}
inline std::string said(const std::string& text, const PeerIdentity& peer,
                        const Context& where = context()) {
  return said(map(text, peer, where));
}

} // namespace ktls::identity::test
