// SPDX-License-Identifier: GPL-2.0-or-later
// Party: one end of a handshake in this process, with all that its session refers to.
#pragma once

#include "tls/local_signer.hpp"
#include "tls/options.hpp"
#include "tls/session.hpp"

namespace ktls::test {

// With the one profile that `options` ask for, and what it names.
inline ipc::WorkerConfiguration configuration_of(const Options& options) {
  ipc::WorkerConfiguration out;
  auto& profile = out.profiles.emplace_back();
  profile.role = options.role;
  profile.client_auth_type = options.client_auth_type;
  profile.priority = options.priority;
  profile.alpn = options.alpn;
  profile.session_tickets = options.tickets;
  if (options.psk) {
    profile.authentication = ipc::Authentication::PreSharedKey;
    profile.priority += ":-KX-ALL:+ECDHE-PSK";
    return out;
  }
  std::uint32_t key_id = 0;
  for (const auto& name : options.certificates) {
    profile.credentials.push_back(key_id);
    out.credentials.push_back({++key_id, certificates(name), {}});
  }
  profile.verification.trust_store = 0;
  out.trust_stores = {{certificates(options.trust), {}}};
  return out;
}

inline std::unique_ptr<tls::Inventory> inventory_of(const ipc::WorkerConfiguration& configuration,
                                                    tls::RemoteSigner& signer) {
  return tls::Inventory::create(configuration.credentials, configuration.trust_stores, signer)
      .value();
}

class Party {
public:
  using Step = tls::Session::Step;

  // `socket` stays the caller's.
  Party(int socket, const Options& options) : Party(socket, options, configuration_of(options)) {}
  Party(int socket, const Options& options, const ipc::WorkerConfiguration& configuration)
      : signer(options.key), psk(options.psk.value_or(LocalPsk{})), ticket_key_(options.ticket_key),
        inventory_(inventory_of(configuration, signer)),
        context_(tls::Context::create(configuration.profiles.front(), *inventory_,
                                      options.limits_records)
                     .value()),
        parameters_(parameters(options)), socket_(socket) {
    begin();
  }
  // Another handshake of the same profile, on another socket.
  void again(int socket) {
    socket_ = socket;
    begin();
  }

  tls::Session* operator->() { return session_.get(); }
  [[nodiscard]] bool over() const { return step == Step::Complete || step == Step::Failed; }
  Step advance() { return step = over() ? step : session_->advance(); }
  [[nodiscard]] Reason reason() const { return session_->failure().reason; }
  [[nodiscard]] const std::string& detail() const { return session_->failure().detail; }

  LocalSigner signer;
  LocalPsk psk;
  Step step = Step::WantRead;

private:
  tls::SessionParameters parameters(const Options& options) {
    return {HostName::parse(options.name),
            options.anonymous,
            options.psk ? &psk : nullptr,
            options.user,
            std::as_bytes(std::span(ticket_key_)),
            options.keeps_secrets,
            options.watch,
            options.key_log};
  }
  void begin() {
    step = Step::WantRead;
    session_ = tls::Session::create(socket_, parameters_, *context_).value();
  }

  std::string ticket_key_;
  std::unique_ptr<tls::Inventory> inventory_;
  std::unique_ptr<tls::Context> context_;
  tls::SessionParameters parameters_;
  int socket_;
  std::unique_ptr<tls::Session> session_;
};

} // namespace ktls::test
