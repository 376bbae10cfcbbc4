// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/snapshot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.hpp"
#include "broker/configured_files.hpp"
#include "broker/key_log_file.hpp"
#include "ipc/signer_protocol.hpp"
#include "tls/library.hpp"
#include "tls/names.hpp"
#include "tls/priority.hpp"

namespace ktls {
namespace {

using ipc::Authentication;
using policy::LocatedNames;
using policy::LocatedPath;
using policy::ProfileSettings;
using policy::PskKind;

double mib(std::size_t bytes) {
  return static_cast<double>(bytes) / (1024 * 1024);
}

class Loader {
public:
  Loader(const policy::Policy& policy, const KernelSuites& suites, uid_t user)
      : policy_(policy), suites_(suites), user_(user), files_(user) {}

  tl::expected<Snapshot, policy::Problems> load() {
    out_.workers.keeps_secrets = suites_.changes_keys;
    out_.workers.limits_records = suites_.limits_records;
    for (const auto& credential : policy_.credentials())
      add(credential);
    for (const auto& profile : policy_.profiles())
      add(profile);
    check_size();
    if (!files_.problems().lines.empty())
      return tl::make_unexpected(std::move(files_.problems()));
    out_.paths = files_.paths();
    return std::move(out_);
  }

private:
  void add(const policy::NamedCredential& named) {
    auto& indexes = credentials_.emplace_back();
    for (const auto& settings : named.alternatives) {
      auto chain = files_.certificates(settings.certificate);
      if (chain.empty())
        continue; // noted already
      ipc::Credential credential;
      if (settings.ocsp_response)
        credential.ocsp_response = files_.ocsp_response(*settings.ocsp_response, chain.front());
      if (chain.size() > ipc::Credential::max_chain) {
        files_.problem(settings.certificate.where,
                       fmt::format("{}: more than {} certificates", settings.certificate.path,
                                   ipc::Credential::max_chain));
        continue;
      }
      const auto spki = tls::spki_sha256(chain.front());
      auto facts = tls::facts_of(chain.front());
      const auto fingerprint = tls::sha256(chain.front());
      if (!spki || !facts || !fingerprint) {
        files_.problem(settings.certificate.where, !spki    ? spki.error().message()
                                                   : !facts ? facts.error().message()
                                                            : fingerprint.error().message());
        continue;
      }
      credential.key_id = add_key(settings.private_key, *spki);
      count(settings.certificate, chain);
      credential.chain = std::move(chain);
      out_.certificates.push_back({named.name, settings.certificate.path,
                                   settings.certificate.where, std::move(*facts), *spki,
                                   *fingerprint});
      indexes.push_back(static_cast<std::uint32_t>(out_.workers.credentials.size()));
      out_.workers.credentials.push_back(std::move(credential));
    }
  }

  std::uint32_t add_key(policy::KeyLocation location, const tls::Sha256& spki) {
    if (location.place == policy::KeyPlace::File)
      location.path = files_.resolve(location);
    else if (++tokens_ > ipc::max_token_signers)
      files_.problem(location.where,
                     fmt::format("more than {} keys in tokens", ipc::max_token_signers));
    const auto id = static_cast<std::uint32_t>(out_.keys.size() + 1);
    out_.keys.push_back({id, std::move(location), spki});
    return id;
  }

  void add(const ProfileSettings& settings) {
    check_names(settings.ciphers, tls::cipher_names());
    check_names(settings.groups, tls::group_names());
    check_names(settings.signature_algorithms, tls::signature_names());
    check_key_log(settings);
    auto& served = out_.profiles.emplace_back();
    auto profile = common(settings);
    const bool psk = settings.psk != PskKind::None;
    if (settings.psk == PskKind::File)
      served.psk_file = psk_file(settings);
    if (settings.psk != PskKind::Keyring) {
      profile.priority = priority(settings, profile.authentication, settings.tls12 && !psk);
      served.for_applications = put(profile);
    }
    if (settings.psk == PskKind::File || !settings.tls13)
      return;
    // RFC 9289 knows no older version than TLS 1.3; and nobody there could read a ticket
    profile.session_tickets = false;
    profile.alpn.clear();
    profile.priority = priority(settings, profile.authentication, false);
    served.for_kernel = put(std::move(profile));
  }

  void check_key_log(const ProfileSettings& settings) {
    if (!settings.key_log_file)
      return;
    const auto& [path, where] = *settings.key_log_file;
    if (const auto fit = KeyLogFile::check_place(path, user_); !fit)
      files_.problem(where, fit.error().message());
  }

  ipc::Profile common(const ProfileSettings& settings) {
    ipc::Profile profile;
    profile.role = settings.role;
    profile.client_auth_type = settings.client_auth_type;
    if (settings.psk != PskKind::None)
      profile.authentication = Authentication::PreSharedKey;
    profile.session_tickets = settings.session_tickets;
    profile.alpn = settings.alpn;
    profile.peer_limits = settings.peer_limits;
    profile.verification = settings.verification;
    profile.verification.trust_store = trust_store(settings);
    for (const auto named : settings.credentials)
      std::ranges::copy(credentials_.at(named), std::back_inserter(profile.credentials));
    return profile;
  }

  // One for all profiles that name the same files.
  std::uint32_t trust_store(const ProfileSettings& settings) {
    if (settings.truststore.empty())
      return ipc::no_trust_store;
    const auto paths = [](const std::vector<LocatedPath>& from) {
      std::vector<std::string> out;
      out.reserve(from.size());
      for (const auto& each : from)
        out.push_back(each.path);
      return out;
    };
    const auto [place, is_new] =
        stores_.try_emplace({paths(settings.truststore), paths(settings.crls)},
                            static_cast<std::uint32_t>(out_.workers.trust_stores.size()));
    if (is_new)
      out_.workers.trust_stores.push_back({all(settings.truststore, &ConfiguredFiles::anchors),
                                           all(settings.crls, &ConfiguredFiles::crls)});
    return place->second;
  }

  using ReadSome = std::vector<tls::Der> (ConfiguredFiles::*)(const std::vector<LocatedPath>&);
  std::vector<tls::Der> all(const std::vector<LocatedPath>& from, ReadSome read) {
    std::vector<tls::Der> out;
    for (const auto& source : from) {
      auto some = (files_.*read)({source});
      count(source, some);
      std::ranges::move(some, std::back_inserter(out));
    }
    return out;
  }

  void count(const LocatedPath& from, const std::vector<tls::Der>& some) {
    auto& size = sizes_.try_emplace(from.path, Size{from.where}).first->second;
    for (const auto& der : some)
      size.bytes += der.size();
  }

  // A worker would refuse it, without knowing where it comes from.
  void check_size() {
    const auto size = ipc::encode(out_.workers).size();
    if (size <= ipc::max_configuration_size)
      return;
    const auto largest =
        std::ranges::max_element(sizes_, {}, [](const auto& each) { return each.second.bytes; });
    const auto text = fmt::format("workers would be given {:.1f} MiB in all, and take {:.0f}",
                                  mib(size), mib(ipc::max_configuration_size));
    if (largest == sizes_.end())
      return files_.problem("", text + ": there are too many profiles");
    files_.problem(largest->second.where,
                   fmt::format("{}: {}: {:.1f} MiB of it are from here; leave out what is not "
                               "needed, or have more profiles name the same truststore and crls, "
                               "which are then given once",
                               largest->first, text, mib(largest->second.bytes)));
  }

  std::uint32_t put(ipc::Profile profile) {
    out_.workers.profiles.push_back(std::move(profile));
    return static_cast<std::uint32_t>(out_.workers.profiles.size() - 1);
  }

  std::string priority(const ProfileSettings& settings, Authentication authentication, bool tls12) {
    tls::PriorityRequest request;
    request.tls12 = tls12;
    request.tls13 = settings.tls13;
    request.kernel_suites = settings.tls13 ? suites_.tls13 : suites_.tls12;
    if (tls12)
      std::erase_if(request.kernel_suites, [&](std::string_view name) {
        return std::find(suites_.tls12.begin(), suites_.tls12.end(), name) == suites_.tls12.end();
      });
    request.ciphers = settings.ciphers.names;
    request.groups = settings.groups.names;
    request.signature_algorithms = settings.signature_algorithms.names;
    request.authentication = authentication;
    auto text = tls::priority_for(request);
    if (text)
      return std::move(*text);
    files_.problem(settings.where, text.error().message());
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
      files_.problem(named.where, fmt::format("\"{}\" is not one of: {}", escape(name, 64),
                                              fmt::join(all, ", ")));
    }
  }

  std::shared_ptr<const PskFile> psk_file(const ProfileSettings& settings) {
    const auto& from = *settings.psk_file;
    const auto path = files_.resolve(from);
    if (path.empty())
      return nullptr;
    auto file = PskFile::read(path);
    if (!file) {
      files_.problem(from.where, add_context(file.error(), from.path).value().message());
      return nullptr;
    }
    if (!file->find(settings.psk_identity))
      files_.problem(from.where, fmt::format("{}: no key for psk_identity \"{}\"", from.path,
                                             escape(settings.psk_identity)));
    if (const auto found = file->first_with_sha384();
        !found.empty() && !tls::can_use_psk_with_sha384())
      out_.warnings.push_back(fmt::format(
          "{}: {}: \"{}\" and others like it cannot be used: their keys are bound to SHA-384, for "
          "which GnuTLS {} is too old; 3.8.11 is needed",
          from.where, from.path, escape(found), tls::library_version()));
    return std::make_shared<const PskFile>(std::move(*file));
  }

  using StoreFiles = std::pair<std::vector<std::string>, std::vector<std::string>>;

  const policy::Policy& policy_;
  const KernelSuites& suites_;
  uid_t user_;
  ConfiguredFiles files_;
  Snapshot out_;
  std::vector<std::vector<std::uint32_t>> credentials_; // of each name: indexes in out_.workers
  std::map<StoreFiles, std::uint32_t> stores_;
  std::size_t tokens_ = 0;
  // What came of each path, as often as it is given to workers.
  struct Size {
    std::string where;
    std::size_t bytes = 0;
  };
  std::map<std::string, Size> sizes_;
};

} // namespace

tl::expected<Snapshot, policy::Problems> load_snapshot(const policy::Policy& policy,
                                                       const KernelSuites& suites, uid_t user) {
  return Loader(policy, suites, user).load();
}

} // namespace ktls
