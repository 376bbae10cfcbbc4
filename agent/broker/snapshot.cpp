// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/snapshot.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "base/file.hpp"
#include "ipc/signer_protocol.hpp"
#include "tls/priority.hpp"

namespace ktls {
namespace {

using policy::LocatedPath;
using policy::RoleSettings;

// The path of a systemd credential; any other as it is.
Result<std::string> resolve(const LocatedPath& from) {
  if (!from.path.starts_with(policy::credential_prefix))
    return from.path;
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  if (directory == nullptr || directory[0] != '/')
    return invalid(from.path + ": there are no credentials: CREDENTIALS_DIRECTORY is not set, see "
                               "LoadCredential= in systemd.exec(5)");
  return std::string(directory) + "/" + from.path.substr(policy::credential_prefix.size());
}

class Loader {
public:
  std::vector<tls::Der> certificates(const LocatedPath& from) {
    const auto path = resolve(from);
    if (!path)
      return problem(from, path.error());
    const auto text = read_file(*path, max_certificate_file_size);
    if (!text)
      return problem(from, text.error());
    auto list = tls::certificates_from_pem(*text);
    if (!list)
      return problem(from, add_context(list.error(), *path).value());
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
    auto location = *settings.private_key;
    if (location.place == policy::KeyPlace::File) {
      auto path = resolve(location);
      if (!path) {
        (void)problem(location, path.error());
        return;
      }
      location.path = std::move(*path);
    } else if (++tokens_ > ipc::max_token_signers) {
      problems_.lines.push_back(
          fmt::format("{}: more than {} keys in tokens", location.where, ipc::max_token_signers));
      return;
    }
    profile.key_id = static_cast<std::uint32_t>(out_.keys.size() + 1);
    out_.keys.push_back({profile.key_id, std::move(location), *spki});
  }

  std::vector<tls::Der> problem(const LocatedPath& at, const Error& error) {
    problems_.lines.push_back(fmt::format("{}: {}", at.where, error.message()));
    return {};
  }

  Snapshot out_;
  policy::Problems problems_;
  std::size_t tokens_ = 0;
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
