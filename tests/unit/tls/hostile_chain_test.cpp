// SPDX-License-Identifier: GPL-2.0-or-later
// What finding a chain costs, whatever is presented.
#include <gtest/gtest.h>

#include <chrono>

#include "tls/chain_case.hpp"

namespace ktls::tls {
namespace {

using std::chrono::steady_clock;
using test::Authority;
using test::ChainCase;

// Far more than it takes, far less than a search without limits.
constexpr std::chrono::seconds soon{2};

Reason reason_in_time(ChainCase& chain) {
  const auto start = steady_clock::now();
  const auto reason = chain.reason();
  EXPECT_LT(steady_clock::now() - start, soon);
  return reason;
}

std::vector<Authority> authorities(int count) {
  std::vector<Authority> all;
  all.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    all.emplace_back("authority " + std::to_string(i));
  return all;
}

// Each authority has a certificate by each other one: more paths than anybody can try.
TEST(HostileChain, OfAuthoritiesThatAllIssuedEachOther) {
  ChainCase chain;
  constexpr int count = 12;
  const auto all = authorities(count);
  chain.presented = {all.front().issue(chain.leaf, chain.key)};
  for (const auto& subject : all) {
    for (const auto& issuer : all)
      chain.presented.push_back(subject.by(issuer));
  }

  EXPECT_EQ(reason_in_time(chain), Reason::CertificateLimit) << chain.detail;
}

TEST(HostileChain, OfOneNameWithManyKeys) {
  ChainCase chain;
  chain.presented = {""};
  for (int i = 0; i < 100; ++i)
    chain.presented.push_back(Authority("sub").by(chain.root));

  EXPECT_EQ(reason_in_time(chain), Reason::CertificateLimit) << chain.detail;
}

// The leaf's signature is checked once: what is dear about them is their number.
Reason of_one_name_and_one_key(int count) {
  ChainCase chain;
  const Authority stranger("stranger");
  chain.presented = {""};
  for (int i = 0; i < count; ++i)
    chain.presented.push_back(chain.sub.by(stranger, {.serial = "\x01" + std::to_string(i)}));
  return reason_in_time(chain);
}

TEST(HostileChain, OfOneNameAndOneKey) {
  EXPECT_EQ(of_one_name_and_one_key(100), Reason::CertificateUntrusted);
  EXPECT_EQ(of_one_name_and_one_key(300), Reason::CertificateLimit);
}

TEST(HostileChain, OfManyBelowEachOther) {
  ChainCase chain;
  chain.max_intermediates = 1000;
  Authority above("authority 0");
  chain.presented = {""};
  for (int i = 1; i < 100; ++i) {
    Authority below("authority " + std::to_string(i));
    chain.presented.push_back(below.by(above));
    above = std::move(below);
  }
  chain.presented.front() = above.issue(chain.leaf, chain.key);

  EXPECT_EQ(reason_in_time(chain), Reason::CertificateLimit) << chain.detail;
}

TEST(HostileChain, InACircle) {
  ChainCase chain;
  const Authority other("other");
  chain.presented = {"", chain.sub.by(other), other.by(chain.sub)};

  EXPECT_EQ(reason_in_time(chain), Reason::CertificateUntrusted) << chain.detail;
}

TEST(HostileChain, InACircleOfTheStore) {
  ChainCase chain;
  const Authority other("other");
  chain.presented = {""};
  chain.store.anchors = {test::to_der(chain.sub.by(other)), test::to_der(other.by(chain.sub))};

  EXPECT_EQ(reason_in_time(chain), Reason::CertificateUntrusted) << chain.detail;
}

// The limits leave room for what is honest.
TEST(HostileChain, IsNotEachLongOne) {
  ChainCase chain;
  const auto all = authorities(8);
  chain.presented = {all.back().issue(chain.leaf, chain.key), all.front().by(chain.root)};
  for (std::size_t i = 1; i < all.size(); ++i)
    chain.presented.push_back(all[i].by(all[i - 1]));

  EXPECT_EQ(reason_in_time(chain), Reason::Success) << chain.detail;
}

} // namespace
} // namespace ktls::tls
