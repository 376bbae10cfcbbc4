// SPDX-License-Identifier: GPL-2.0-or-later
// Reading policies in tests; the file is called "f".
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "policy/policy.hpp"

namespace ktls::policy::test {

using Lines = std::vector<std::string>;

inline Accounts accounts() {
  return {[](const std::string& name) {
            return name == "alice" ? std::optional<uid_t>(1000) : std::nullopt;
          },
          [](const std::string& name) {
            return name == "staff" ? std::optional<gid_t>(50) : std::nullopt;
          }};
}

inline tl::expected<Policy, Problems> parse(const std::vector<SourceFile>& files) {
  return parse_policy(files, accounts());
}
inline tl::expected<Policy, Problems> parse(const std::string& text) {
  return parse({SourceFile{"f", text}});
}

inline Lines problems(const std::vector<SourceFile>& files) {
  const auto policy = parse(files);
  return policy ? Lines{} : policy.error().lines;
}
// All of them, one in each line.
inline std::string problems(const std::string& text) {
  return fmt::format("{}", fmt::join(problems({SourceFile{"f", text}}), "\n"));
}

inline Policy read(const std::string& text) {
  auto policy = parse(text);
  if (!policy)
    throw std::runtime_error(problems(text));
  return *std::move(policy);
}

// Each at once with what it needs to be sound.
inline std::string agent(const std::string& lines) {
  return "[agent]\n" + lines + "\n";
}
inline std::string credential(const std::string& name) {
  return fmt::format("[credential.{0}]\ncertificate = \"/{0}.pem\"\nprivate_key = \"/{0}.key\"\n",
                     name);
}
// From the fourth line on.
inline std::string client(const std::string& lines) {
  return "[profile.c]\nhandshake_role = \"client\"\ntruststore = \"/ca\"\n" + lines + "\n";
}
// From the eighth line on.
inline std::string server(const std::string& lines) {
  return credential("x") +
         "[profile.s]\nhandshake_role = \"server-with-client-auth\"\ncredentials = \"x\"\n"
         "truststore = \"/ca\"\n" +
         lines + "\n";
}
inline std::string named(const std::string& name, const std::string& lines) {
  return fmt::format("[[rule]]\nname = \"{}\"\n{}\n", name, lines);
}
// From the fourth line on.
inline std::string rule(const std::string& lines) {
  return "[[rule]]\nname = \"r\"\naction = \"deny\"\n" + lines + "\n";
}

inline ProfileSettings profile_of(const std::string& text) {
  return read(text).profiles().at(0);
}
inline Rule rule_of(const std::string& text) {
  return read(text).rules().at(0);
}

inline IpAddress ip(std::string_view text) {
  return IpAddress::parse(text).value();
}
inline Facts to_port(std::uint16_t port) {
  Facts facts;
  facts.remote_port = port;
  return facts;
}

} // namespace ktls::policy::test
