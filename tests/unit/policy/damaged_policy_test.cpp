// SPDX-License-Identifier: GPL-2.0-or-later
// Whatever the files hold, they are a policy or there is something to say about them.
#include <random>

#include "parsing.hpp"
#include "policy/explanation.hpp"
#include "policy/review.hpp"
#include "policy/show.hpp"

namespace ktls::policy {
namespace {

constexpr const char* sample = R"([agent]
socket = "/run/ktlsd/agent.sock"
workers = 4
default_action = "clear"
network_namespaces = ["/run/netns/blue"]
[credential.host]
certificate = "/etc/host.pem"
private_key = "pkcs11:token=t?pin-value=1234"
[[credential.two]]
certificate = "credential:a"
private_key = '/b'
[profile.base] # all
handshake_role = "server-with-client-auth"
credentials = ["host", "two"]
truststore = ["/ca", "system"]
crls = "/crl"
revocation_security_level = "medium"
pins = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
versions = ["1.3"]
alpn = """h2"""
[profile.heir]
inherits = "base"
ClientAuthType = "SAFCheck"
allowed_users = ["alice", 0]
allowed_units = "web@*"
[profile.nvme]
handshake_role = "client"
psk = "keyring"
[[rule]]
name = "nvme"
priority = 10
origin = ["kernel"]
profile = "nvme"
[[rule]]
name = "web"
direction = "inbound"
local_address = ["192.0.2.0/24", "2001:db8::1-2001:db8::9"]
local_port = [443, "8000-8999"]
user = "alice"
unit = "web@*"
executable = "/usr/sbin/*"
server_name = "*.example.org"
network_namespace = "own"
time = ["mon-fri 08:00-18:00", "22:00-06:00"]
profile = "heir"
)";

// A policy that can be asked and shown, or problems that can be printed.
bool is_told(const std::string& text) {
  const auto policy = test::parse(text);
  if (!policy)
    return !policy.error().lines.empty() &&
           std::ranges::all_of(policy.error().lines, [](const std::string& line) {
             return line.starts_with("f:") &&
                    std::ranges::all_of(line, [](char c) { return c >= 0x20 && c < 0x7f; });
           });
  (void)policy->decide({}, {}, true);
  (void)review(*policy);
  return !explanation(*policy, {}, {}).empty() && test::problems(to_toml(*policy)).empty();
}

TEST(DamagedPolicy, IsSoundAsAWhole) {
  EXPECT_EQ(test::problems(std::string(sample)), "");
}

TEST(DamagedPolicy, MayHaveLettersThatAreNotAscii) {
  for (const std::string letter : {"\u00a1", "\u00e9", "\u0430", "\u3042"}) {
    EXPECT_TRUE(is_told(letter + " = 1\n")) << letter;
    EXPECT_TRUE(is_told("a" + letter + " = 1\n")) << letter;
    EXPECT_TRUE(is_told("a = 1" + letter + "\n")) << letter;
    EXPECT_TRUE(is_told(sample + test::rule("tag = \"\"\"\\\n" + letter + "\"\"\""))) << letter;
  }
}

TEST(DamagedPolicy, MayEndAtEveryByte) {
  const std::string whole = sample;
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_TRUE(is_told(whole.substr(0, size))) << size;
}

TEST(DamagedPolicy, MayLackEachLine) {
  const std::string whole = sample;
  for (std::size_t begin = 0; begin < whole.size();) {
    const auto end = whole.find('\n', begin) + 1;
    EXPECT_TRUE(is_told(whole.substr(0, begin) + whole.substr(end))) << begin;
    begin = end;
  }
}

TEST(DamagedPolicy, MayHaveAnyBytesChanged) {
  std::mt19937 random(4711); // NOLINT(cert-msc51-cpp): the same each time
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random()) % limit; };
  const std::string pieces[] = {"\"", "'", "[",  "]]",     "{",  "}",   "=",    "\n",     ".",
                                ",",  "#", "\\", "\"\"\"", "-1", "1e9", "\xff", "\\u0000"};
  for (int round = 0; round < 20'000; ++round) {
    std::string text = sample;
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
      const auto at = below(text.size());
      switch (below(4)) {
      case 0:
        text[at] = static_cast<char>(below(256));
        break;
      case 1:
        text.erase(at, 1 + below(8));
        break;
      case 2:
        text.insert(at, pieces[below(std::size(pieces))]);
        break;
      default:
        text.insert(at, text.substr(below(text.size()), below(40)));
      }
    }
    ASSERT_TRUE(is_told(text)) << round << "\n" << text;
  }
}

} // namespace
} // namespace ktls::policy
