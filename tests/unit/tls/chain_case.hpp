// SPDX-License-Identifier: GPL-2.0-or-later
// ChainCase: a root, an authority below it, a server's certificate below that, and what is asked of
// the verifier. Each test changes one thing.
#pragma once

#include "tls/chain_verifier.hpp"
#include "tls/made_pki.hpp"

namespace ktls::test {

inline constexpr auto good = Reason::Success;
inline constexpr auto invalid_certificate = Reason::CertificateInvalid;
inline constexpr auto untrusted = Reason::CertificateUntrusted;
inline constexpr auto broken_constraint = Reason::CertificateConstraint;

struct ChainCase {
  ChainCase() {
    leaf.subject = der::name("server");
    leaf.extensions = {extension::purposes(extension::server_auth),
                       extension::names(extension::dns("server.test"))};
    verification.proof = ipc::Proof::Chain;
    store.anchors = {to_der(root.certificate())};
    presented = {"", sub.by(root)};
  }

  // presented.front() is made of `leaf`, unless it is there.
  tls::Verdict verify() {
    if (presented.front().empty())
      presented.front() = sub.issue(leaf, key);
    trust = tls::TrustStore::create(store).value();
    tls::PresentedChain chain;
    for (const auto& each : presented)
      chain.push_back(der::bytes(each));
    tls::ChainRequest request{chain, *trust, verification};
    request.judged = judged;
    request.name = name;
    request.now = now;
    request.max_intermediates = max_intermediates;
    if (staple)
      request.staple = der::bytes(*staple);
    return tls::verify_chain(request);
  }
  Reason reason() {
    auto verdict = verify();
    detail = verdict.detail;
    return verdict.reason;
  }

  Authority root{"root"};
  Authority sub{"sub"};
  Key key; // of the leaf
  CertificateSpec leaf;
  ipc::TrustStore store;
  ipc::Verification verification;
  std::vector<std::string> presented;
  tls::Judged judged = tls::Judged::Server;
  std::optional<HostName> name;
  std::time_t now = made_now;
  std::size_t max_intermediates = 10;
  std::optional<std::string> staple;
  std::string detail; // of the last reason()
  std::shared_ptr<const tls::TrustStore> trust;
};

// The authority below the root has these extensions.
inline void set_sub(ChainCase& chain, std::vector<std::string> extensions) {
  chain.presented.back() = chain.sub.by(chain.root, {.extensions = std::move(extensions)});
}

} // namespace ktls::test
