// SPDX-License-Identifier: GPL-2.0-or-later
// Party: one end of a handshake in this process, with all that its session refers to.
#pragma once

#include "tls/local_signer.hpp"
#include "tls/options.hpp"
#include "tls/session.hpp"

namespace ktls::test {

inline ipc::Profile profile_of(const Options& options) {
  ipc::Profile profile;
  if (!options.certificate.empty())
    profile.chain = certificates(options.certificate);
  profile.trust = certificates(options.trust);
  return profile;
}

class Party {
public:
  using Step = tls::Session::Step;

  // `socket` stays the caller's.
  Party(int socket, const Options& options) : Party(socket, options, profile_of(options)) {}
  Party(int socket, const Options& options, const ipc::Profile& profile)
      : signer(options.key), credentials_(tls::Credentials::create(profile, signer).value()),
        priority_(tls::Priority::create(options.priority).value()) {
    const tls::SessionParameters parameters{options.role, options.client_auth_type,
                                            options.anonymous, HostName::parse(options.name)};
    session_ = tls::Session::create(socket, parameters, *credentials_, priority_).value();
  }

  tls::Session* operator->() { return session_.get(); }
  [[nodiscard]] bool over() const { return step == Step::Complete || step == Step::Failed; }
  Step advance() { return step = over() ? step : session_->advance(); }
  [[nodiscard]] Reason reason() const { return session_->failure().reason; }
  [[nodiscard]] const std::string& detail() const { return session_->failure().detail; }

  LocalSigner signer;
  Step step = Step::WantRead;

private:
  std::unique_ptr<tls::Credentials> credentials_;
  tls::Priority priority_;
  std::unique_ptr<tls::Session> session_;
};

} // namespace ktls::test
