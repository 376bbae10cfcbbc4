// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/snapshot.hpp"

#include <fmt/format.h>

#include "base/file.hpp"
#include "tls/priority.hpp"

namespace ktls {
namespace {

using policy::LocatedPath;
using policy::RoleSettings;

class Loader {
public:
  std::vector<tls::Der> certificates(const LocatedPath& from) {
    const auto text = read_file(from.path, max_certificate_file_size);
    if (!text)
      return problem(from, text.error());
    auto list = tls::certificates_from_pem(*text);
    if (!list)
      return problem(from, add_context(list.error(), from.path).value());
    return std::move(*list);
  }

  // The index of the new profile.
  std::uint32_t add(const RoleSettings& settings) {
    ipc::Profile profile;
    profile.role = settings.role;
    profile.client_auth_type = settings.client_auth_type;
    if (settings.truststore)
      profile.trust = certificates(*settings.truststore);
    if (settings.certificate)
      add_credential(settings, profile);
    out_.workers.profiles.push_back(std::move(profile));
    return static_cast<std::uint32_t>(out_.workers.profiles.size() - 1);
  }

  void add_credential(const RoleSettings& settings, ipc::Profile& profile) {
    profile.chain = certificates(*settings.certificate);
    if (profile.chain.empty())
      return; // reported already
    if (profile.chain.size() > ipc::Profile::max_chain) {
      problems_.lines.push_back(fmt::format("{}: {}: more than {} certificates",
                                            settings.certificate->where, settings.certificate->path,
                                            ipc::Profile::max_chain));
      return;
    }
    const auto spki = tls::spki_sha256(profile.chain.front());
    if (!spki) {
      (void)problem(*settings.certificate, spki.error());
      return;
    }
    profile.key_id = static_cast<std::uint32_t>(out_.keys.size() + 1);
    out_.keys.push_back({profile.key_id, *settings.private_key, *spki});
  }

  std::vector<tls::Der> problem(const LocatedPath& at, const Error& error) {
    problems_.lines.push_back(fmt::format("{}: {}", at.where, error.message()));
    return {};
  }

  Snapshot out_;
  policy::Problems problems_;
};

} // namespace

tl::expected<Snapshot, policy::Problems>
load_snapshot(const policy::Settings& settings, const std::vector<std::string_view>& ciphers) {
  Loader loader;
  auto priority = tls::priority_for(ciphers);
  if (!priority)
    loader.problems_.lines.push_back(priority.error().message());
  else
    loader.out_.workers.priority = std::move(*priority);
  if (settings.client)
    loader.out_.client_profile = loader.add(*settings.client);
  if (settings.server)
    loader.out_.server_profile = loader.add(*settings.server);
  if (!loader.problems_.lines.empty())
    return tl::make_unexpected(std::move(loader.problems_));
  return std::move(loader.out_);
}

} // namespace ktls
