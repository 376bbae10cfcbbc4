// SPDX-License-Identifier: GPL-2.0-or-later
// A Certificate message, behind a byte that says of which version: its limits, and its chain.
#include "certificates.hpp"
#include "tls/chain_verifier.hpp"

namespace ktls::fuzz {
namespace {

void verify(const tls::PresentedChain& chain) {
  static const auto trust = tls::TrustStore::create({{authority().der}, {}}).value();
  ipc::Verification verification;
  verification.proof = ipc::Proof::Chain;
  for (const auto judged : {tls::Judged::Server, tls::Judged::Client}) {
    tls::ChainRequest request{chain, *trust, verification, judged};
    request.now = fixed_now;
    const auto verdict = tls::verify_chain(request);
    must_be_clean(verdict.detail);
    must_be_clean(verdict.subject);
    must_be_clean(verdict.issuer);
    must(verdict.authenticated == (verdict.reason == Reason::Success), "who is refused is nobody");
    static const auto below = certificate_in("below-intermediate.pem");
    const bool is_ours = !chain.empty() && (tls::same(chain.front(), server().der) ||
                                            tls::same(chain.front(), below));
    must(!verdict.authenticated || is_ours, "the authority has issued nothing else",
         verdict.subject);
  }
}

} // namespace
} // namespace ktls::fuzz

int fuzz_chain(const std::uint8_t* data, std::size_t size) {
  using namespace ktls;
  if (size == 0)
    return 0;
  const ipc::PeerLimits limits{4, 4096, 4096, 32};
  const bool tls13 = data[0] % 2 != 0;
  const auto chain = tls::read_chain(fuzz::bytes_of(data, size).subspan(1), tls13, limits);
  if (!chain) {
    fuzz::must_be_clean(chain.error());
    return 0;
  }
  std::size_t total = 0;
  for (const auto& certificate : *chain)
    total += certificate.size();
  fuzz::must(chain->size() <= limits.chain_length && total <= limits.chain_bytes,
             "a chain keeps the limits");
  const auto broken = tls::broken_key_limit(*chain, limits);
  fuzz::must_be_clean(broken);
  if (broken.empty())
    fuzz::verify(*chain);
  return 0;
}
