// SPDX-License-Identifier: GPL-2.0-or-later
// NIST's Public Key Interoperability Test Suite.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

#include "corpora/outcomes.hpp"
#include "tls/chain_verifier.hpp"

namespace ktls::tls {
namespace {

namespace fs = std::filesystem;

constexpr std::time_t in_2020 = 1'590'969'600;

ipc::Der read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

struct Authority {
  ipc::Der der;
  DistinguishedName subject;
  DistinguishedName issuer;
};
struct List {
  ipc::Der der;
  DistinguishedName issuer;
};

// All of the suite but the end entities.
class Suite {
public:
  explicit Suite(fs::path root) : root_(std::move(root)) {
    for (const auto& entry : fs::directory_iterator(root_ / "certs")) {
      if (entry.path().stem().string().ends_with("EE"))
        continue;
      auto der = read_file(entry.path());
      const auto read = ParsedCertificate::parse(der);
      if (read) // one has a malformed signature
        authorities_.push_back({der, read->subject, read->issuer});
    }
    for (const auto& entry : fs::directory_iterator(root_ / "crls")) {
      auto der = read_file(entry.path());
      const auto read = Crl::parse(der);
      if (read)
        lists_.push_back({der, read->issuer()});
    }
  }

  Verdict judge(const std::string& name) const {
    std::vector<ipc::Der> presented{read_file(root_ / "certs" / (name + ".crt"))};
    const auto leaf = ParsedCertificate::parse(presented.front());
    ipc::TrustStore files;
    files.anchors = {read_file(root_ / "certs" / "TrustAnchorRootCertificate.crt")};
    std::vector<DistinguishedName> names;
    if (leaf)
      add_authority(leaf->issuer, names, presented);
    for (const auto& list : lists_) {
      if (std::ranges::count(names, list.issuer) != 0)
        files.crls.push_back(list.der);
    }
    const auto trust = TrustStore::create(files).value();
    const PresentedChain chain(presented.begin(), presented.end());
    ipc::Verification verification;
    verification.proof = ipc::Proof::Chain;
    verification.revocation = ipc::RevocationLevel::High;
    ChainRequest request{chain, *trust, verification};
    request.now = in_2020;
    return verify_chain(request);
  }

private:
  // And those above it.
  void add_authority(const DistinguishedName& name, std::vector<DistinguishedName>& names,
                     std::vector<ipc::Der>& presented) const {
    if (std::ranges::count(names, name) != 0)
      return;
    names.push_back(name);
    for (const auto& authority : authorities_) {
      if (authority.subject == name) {
        presented.push_back(authority.der);
        add_authority(authority.issuer, names, presented);
      }
    }
  }

  fs::path root_;
  std::vector<Authority> authorities_;
  std::vector<List> lists_;
};

struct Section {
  std::string title;
  std::size_t cases = 0;
  std::size_t as_expected = 0;
};

TEST(Pkits, IsJudgedAsExpected) {
  if (!fs::exists(KTLS_PKITS))
    GTEST_SKIP() << "skipped: there is no " KTLS_PKITS;
  const Suite suite(KTLS_PKITS);
  test::Deviations deviations(KTLS_CORPORA "/pkits-deviations.txt");
  std::ifstream in(KTLS_CORPORA "/pkits-cases.txt");
  std::vector<Section> sections;

  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('['))
      sections.push_back({line.substr(1, line.size() - 2)});
    if (line.starts_with('[') || line.starts_with('#'))
      continue;
    std::istringstream words(line);
    std::string number;
    std::string name;
    std::string expected;
    words >> number >> name >> expected;
    ++sections.back().cases;
    if (deviations.judge(number.append(" ").append(name), expected == "success", suite.judge(name)))
      ++sections.back().as_expected;
  }

  deviations.expect_all_met();
  for (const auto& section : sections)
    std::cout << section.title << ": " << section.as_expected << " of " << section.cases << "\n";
}

} // namespace
} // namespace ktls::tls
