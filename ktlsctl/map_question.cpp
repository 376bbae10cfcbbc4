// SPDX-License-Identifier: GPL-2.0-or-later
#include "ktlsctl/map_question.hpp"

#include <fmt/format.h>

#include <span>

#include "base/file.hpp"
#include "base/text.hpp"
#include "policy/pin.hpp"
#include "tls/certificate.hpp"

namespace ktls::command {
namespace {

constexpr std::size_t max_certificate_file = 4UL * 1024 * 1024;
constexpr std::size_t max_printed_name = 1024;

Result<std::vector<tls::Der>> certificates_in(const std::string& path) {
  const auto content = TRY(read_file(path, max_certificate_file));
  if (content.find("-----BEGIN") != std::string::npos) {
    auto found = tls::certificates_from_pem(content);
    if (!found)
      return add_context(std::move(found).error(), path);
    return found;
  }
  const auto der = std::as_bytes(std::span(content));
  if (!tls::names_of(der, max_printed_name))
    return invalid(path + ": it holds no certificate, neither in PEM nor in DER");
  return std::vector<tls::Der>{{der.begin(), der.end()}};
}

Result<> check_limits(const std::string& path, const std::vector<tls::Der>& chain) {
  if (chain.size() > bus::max_chain)
    return invalid(fmt::format("{}: it holds {} certificates; a chain has at most {}", path,
                               chain.size(), bus::max_chain));
  for (const auto& certificate : chain) {
    if (certificate.size() > bus::max_certificate)
      return invalid(fmt::format("{}: a certificate has {} bytes; at most {} are possible", path,
                                 certificate.size(), bus::max_certificate));
  }
  return {};
}

Result<> take_anchor(MapQuestion& question, const tls::Der& anchor, std::string from) {
  const auto spki = TRY(tls::spki_sha256(anchor));
  question.context.anchor_spki.assign(spki.begin(), spki.end());
  question.anchor_sha256 = policy::pin_text(spki);
  question.anchor_from = std::move(from);
  return {};
}

Result<> take_named_anchor(MapQuestion& question, const std::string& path) {
  const auto found = TRY(certificates_in(path));
  if (found.size() != 1)
    return invalid(fmt::format("{}: it holds {} certificates; give a file with that of the anchor "
                               "alone",
                               path, found.size()));
  return take_anchor(question, found.front(), path);
}

} // namespace

Result<MapQuestion> read_question(const MapFiles& files) {
  const auto chain = TRY(certificates_in(files.certificate));
  TRY(check_limits(files.certificate, chain));
  MapQuestion question;
  for (const auto& certificate : chain) {
    const auto* data = reinterpret_cast<const std::uint8_t*>(certificate.data());
    question.chain.emplace_back(data, data + certificate.size());
  }
  auto names = TRY(tls::names_of(chain.front(), max_printed_name));
  question.subject = std::move(names.subject);
  question.issuer = std::move(names.issuer);
  question.sha256 = policy::pin_text(TRY(tls::sha256(chain.front())));
  if (!files.anchor.empty())
    TRY(take_named_anchor(question, files.anchor));
  else if (tls::is_self_signed(chain.back()))
    TRY(take_anchor(question, chain.back(), "the last certificate of " + files.certificate));
  return question;
}

} // namespace ktls::command
