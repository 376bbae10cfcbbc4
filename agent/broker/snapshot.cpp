// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/snapshot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/file.hpp"
#include "base/text.hpp"
#include "ipc/signer_protocol.hpp"
#include "tls/library.hpp"
#include "tls/names.hpp"
#include "tls/priority.hpp"

namespace ktls {
namespace {

using ipc::Authentication;
using ipc::HandshakeRole;
using policy::LocatedNames;
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
  Loader(const policy::Settings& settings, const KernelSuites& suites)
      : settings_(settings), suites_(suites) {}

  tl::expected<Snapshot, policy::Problems> load() {
    out_.workers.limits_records = suites_.limits_records;
    if (settings_.client)
      add(*settings_.client, out_.profiles.client, out_.profiles.kernel_client);
    if (settings_.server)
      add(*settings_.server, out_.profiles.server, out_.profiles.kernel_server);
    if (settings_.kernel_psk) {
      out_.profiles.kernel_psk_client = add_kernel_psk(HandshakeRole::Client);
      out_.profiles.kernel_psk_server = add_kernel_psk(HandshakeRole::Server);
    }
    if (!problems_.lines.empty())
      return tl::make_unexpected(std::move(problems_));
    return std::move(out_);
  }

private:
  // The same for applications and, with what its services need, for the kernel.
  void add(const RoleSettings& role, std::optional<ProfileChoice>& applications,
           std::optional<ProfileChoice>& kernel) {
    check_names(role.ciphers, tls::cipher_names());
    check_names(role.groups, tls::group_names());
    check_names(role.signature_algorithms, tls::signature_names());
    ipc::Profile profile;
    profile.role = role.role;
    profile.client_auth_type = role.client_auth_type;
    profile.session_tickets = role.session_tickets;
    profile.alpn = role.alpn;
    profile.peer_limits = role.peer_limits;
    if (role.truststore)
      profile.trust = certificates(*role.truststore);
    add_credentials(role, profile);
    ProfileChoice choice;
    if (role.psk_file) {
      profile.authentication = Authentication::PreSharedKey;
      choice.psk_file = psk_file(role);
      choice.psk_identity = role.psk_identity;
    }
    profile.priority = priority(role, profile.authentication, role.tls12 && !role.psk_file);
    choice.index = put(profile);
    applications = choice;
    if (role.psk_file || !role.tls13)
      return;
    // RFC 9289 knows no older version than TLS 1.3; and nobody there could read a ticket
    profile.session_tickets = false;
    profile.alpn.clear();
    profile.priority = priority(role, profile.authentication, false);
    kernel = ProfileChoice{put(std::move(profile)), nullptr, {}, role.tags};
  }

  ProfileChoice add_kernel_psk(HandshakeRole role) {
    ipc::Profile profile;
    profile.role = role;
    profile.authentication = Authentication::PreSharedKey;
    profile.priority = priority({}, profile.authentication, false);
    return {put(std::move(profile)), nullptr, {}, {}};
  }

  std::uint32_t put(ipc::Profile profile) {
    out_.workers.profiles.push_back(std::move(profile));
    return static_cast<std::uint32_t>(out_.workers.profiles.size() - 1);
  }

  std::string priority(const RoleSettings& role, Authentication authentication, bool tls12) {
    tls::PriorityRequest request;
    request.tls12 = tls12;
    request.tls13 = role.tls13;
    request.kernel_suites = role.tls13 ? suites_.tls13 : suites_.tls12;
    if (tls12)
      std::erase_if(request.kernel_suites, [&](std::string_view name) {
        return std::find(suites_.tls12.begin(), suites_.tls12.end(), name) == suites_.tls12.end();
      });
    request.ciphers = role.ciphers.names;
    request.groups = role.groups.names;
    request.signature_algorithms = role.signature_algorithms.names;
    request.authentication = authentication;
    auto text = tls::priority_for(request);
    if (text)
      return std::move(*text);
    problem(role.where, text.error().message());
    return {};
  }

  void check_names(const LocatedNames& named, std::span<const tls::Name> known) {
    for (const auto& name : named.names) {
      if (!tls::gnutls_names(known, name).empty())
        continue;
      std::vector<std::string_view> all;
      for (const auto& each : known)
        all.push_back(each.registry);
      all.erase(std::unique(all.begin(), all.end()), all.end());
      problem(named.where,
              fmt::format("\"{}\" is not one of: {}", escape(name, 64), fmt::join(all, ", ")));
    }
  }

  std::vector<tls::Der> certificates(const LocatedPath& from) {
    const auto path = resolve(from);
    if (!path)
      return problem(from.where, path.error().message());
    const auto text = read_file(*path, max_certificate_file_size);
    if (!text)
      return problem(from.where, text.error().message());
    auto list = tls::certificates_from_pem(*text);
    if (!list)
      return problem(from.where, add_context(list.error(), *path).value().message());
    return std::move(*list);
  }

  void add_credentials(const RoleSettings& role, ipc::Profile& profile) {
    for (const auto& credential : role.credentials) {
      auto chain = certificates(credential.certificate);
      if (chain.empty())
        continue; // reported already
      if (chain.size() > ipc::Profile::max_chain) {
        problem(credential.certificate.where,
                fmt::format("{}: more than {} certificates", credential.certificate.path,
                            ipc::Profile::max_chain));
        continue;
      }
      const auto spki = tls::spki_sha256(chain.front());
      if (!spki) {
        problem(credential.certificate.where, spki.error().message());
        continue;
      }
      add_key(credential.private_key, *spki);
      profile.credentials.push_back(
          {static_cast<std::uint32_t>(out_.keys.size()), std::move(chain)});
    }
  }

  void add_key(policy::KeyLocation location, const tls::Sha256& spki) {
    if (location.place == policy::KeyPlace::File) {
      auto path = resolve(location);
      if (!path)
        problem(location.where, path.error().message());
      else
        location.path = std::move(*path);
    } else if (++tokens_ > ipc::max_token_signers) {
      problem(location.where, fmt::format("more than {} keys in tokens", ipc::max_token_signers));
    }
    const auto id = static_cast<std::uint32_t>(out_.keys.size() + 1);
    out_.keys.push_back({id, std::move(location), spki});
  }

  std::shared_ptr<const PskFile> psk_file(const RoleSettings& role) {
    const auto path = resolve(*role.psk_file);
    auto file = path ? PskFile::read(*path) : tl::make_unexpected(path.error());
    if (!file) {
      problem(role.psk_file->where,
              add_context(file.error(), role.psk_file->path).value().message());
      return nullptr;
    }
    if (!file->find(role.psk_identity))
      problem(role.psk_file->where, fmt::format("{}: no key for psk_identity \"{}\"",
                                                role.psk_file->path, escape(role.psk_identity)));
    if (const auto found = file->first_with_sha384();
        !found.empty() && !tls::can_use_psk_with_sha384())
      out_.warnings.push_back(fmt::format(
          "{}: {}: \"{}\" and others like it cannot be used: their keys are bound to SHA-384, for "
          "which GnuTLS {} is too old; 3.8.11 is needed",
          role.psk_file->where, role.psk_file->path, escape(found), tls::library_version()));
    return std::make_shared<const PskFile>(std::move(*file));
  }

  std::vector<tls::Der> problem(const std::string& where, const std::string& text) {
    std::string line = where.empty() ? text : fmt::format("{}: {}", where, text);
    // what is wrong for applications is wrong for the kernel too
    if (std::ranges::find(problems_.lines, line) == problems_.lines.end())
      problems_.lines.push_back(std::move(line));
    return {};
  }

  const policy::Settings& settings_;
  const KernelSuites& suites_;
  Snapshot out_;
  policy::Problems problems_;
  std::size_t tokens_ = 0;
};

} // namespace

tl::expected<Snapshot, policy::Problems> load_snapshot(const policy::Settings& settings,
                                                       const KernelSuites& suites) {
  return Loader(settings, suites).load();
}

} // namespace ktls
