// SPDX-License-Identifier: GPL-2.0-or-later
// C2SP's x509-limbo: chains that implementations have judged differently.
#include <gtest/gtest.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "corpora/outcomes.hpp"
#include "tls/certificate.hpp"
#include "tls/chain_verifier.hpp"
#include "tls/handles.hpp"

namespace ktls::tls {
namespace {

using nlohmann::json;

ipc::Der from_pem(const std::string& pem) {
  const gnutls_datum_t text = view(std::as_bytes(std::span(pem)));
  Datum der;
  EXPECT_EQ(gnutls_pem_base64_decode2(nullptr, &text, der.out()), 0);
  return {der.bytes().begin(), der.bytes().end()};
}

std::vector<ipc::Der> all_from_pem(const json& list) {
  std::vector<ipc::Der> out;
  for (const auto& pem : list)
    out.push_back(from_pem(pem));
  return out;
}

// Default: when the certificates of the corpus, which are made for it, are all valid.
std::time_t time_of(const json& text) {
  if (text.is_null())
    return std::time(nullptr);
  std::tm time{};
  std::istringstream(text.get<std::string>()) >> std::get_time(&time, "%Y-%m-%dT%H:%M:%S");
  return timegm(&time);
}

bool is_self_issued(const ipc::Der& der) {
  const auto read = ParsedCertificate::parse(der);
  return read && read->is_self_issued();
}

std::optional<HostName> name_of(const json& name) {
  if (name.is_null() || name["kind"] == "RFC822")
    return std::nullopt;
  return HostName::parse(name["value"].get<std::string>());
}

Verdict judge(const json& test) {
  ipc::TrustStore files;
  files.anchors = all_from_pem(test["trusted_certs"]);
  files.crls = all_from_pem(test["crls"]);
  const auto trust = TrustStore::create(files);
  Verdict verdict;
  if (!trust) {
    verdict.reason = Reason::CertificateInvalid;
    verdict.detail = trust.error().message();
    return verdict;
  }
  auto certificates = all_from_pem(test["untrusted_intermediates"]);
  certificates.insert(certificates.begin(), from_pem(test["peer_certificate"]));
  const PresentedChain chain(certificates.begin(), certificates.end());
  ipc::Verification verification;
  // ours is stricter where it is not told that an intermediate may be an anchor
  verification.trust_intermediates = !std::ranges::all_of(files.anchors, is_self_issued);
  if (!files.crls.empty())
    verification.revocation = ipc::RevocationLevel::High;
  ChainRequest request{chain, **trust, verification};
  request.judged = test["validation_kind"] == "SERVER" ? Judged::Server : Judged::Client;
  request.name = name_of(test["expected_peer_name"]);
  if (!request.name)
    verification.proof = ipc::Proof::Chain;
  request.now = time_of(test["validation_time"]);
  if (!test["max_chain_depth"].is_null())
    request.max_intermediates = test["max_chain_depth"];
  return verify_chain(request);
}

TEST(Limbo, IsJudgedAsExpected) {
  if (!std::filesystem::exists(KTLS_X509_LIMBO))
    GTEST_SKIP() << "skipped: there is no " KTLS_X509_LIMBO;
  std::ifstream in(KTLS_X509_LIMBO);
  const auto corpus = json::parse(in);
  test::Deviations deviations(KTLS_CORPORA "/limbo-deviations.txt");
  std::size_t all = 0;
  std::size_t as_expected = 0;

  for (const auto& test : corpus["testcases"]) {
    const bool expected = test["expected_result"] == "SUCCESS";
    ++all;
    as_expected += deviations.judge(test["id"], expected, judge(test)) ? 1 : 0;
  }

  deviations.expect_all_met();
  std::cout << "x509-limbo: " << as_expected << " of " << all << " as expected\n";
}

} // namespace
} // namespace ktls::tls
