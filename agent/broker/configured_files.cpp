// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/configured_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

#include "base/file.hpp"
#include "base/secure_path.hpp"
#include "tls/crl.hpp"
#include "tls/parsed_certificate.hpp"

namespace ktls {
namespace {

// What certificates and lists in a directory are called; others, such as hashed links to the same,
// are passed over.
constexpr std::array certificate_endings{".pem", ".crt", ".cer"};
constexpr std::array crl_endings{".crl"};

// Workers read these again, with parsers of our own, which refuse more than GnuTLS does: better
// said here, where the file is known.
constexpr std::string_view what_to_do =
    "it is not as RFC 5280 wants it, and is not taken: replace it, or leave it out";

Result<> check_anchors(const std::vector<tls::Der>& anchors) {
  for (std::size_t i = 0; i < anchors.size(); ++i) {
    const auto parsed = tls::ParsedCertificate::parse(anchors[i]);
    if (parsed)
      continue;
    const auto facts = tls::facts_of(anchors[i]);
    return invalid(fmt::format("certificate {}{} {}: {}", i + 1,
                               facts ? fmt::format(" (\"{}\")", facts->subject) : "",
                               parsed.error(), what_to_do));
  }
  return {};
}

Result<std::vector<tls::Der>> anchors_from_pem(std::string_view pem) {
  auto anchors = TRY(tls::certificates_from_pem(pem));
  TRY(check_anchors(anchors));
  return anchors;
}

Result<std::vector<tls::Der>> system_anchors() {
  auto anchors = TRY(tls::system_trust_anchors());
  TRY(check_anchors(anchors));
  return anchors;
}

Result<std::vector<tls::Der>> crls_from_file(std::string_view content) {
  auto crls = TRY(tls::crls_from_file(content));
  for (std::size_t i = 0; i < crls.size(); ++i) {
    if (const auto parsed = tls::Crl::parse(crls[i]); !parsed)
      return invalid(fmt::format("list {}: {}: {}", i + 1, parsed.error(), what_to_do));
  }
  return crls;
}

} // namespace

std::string ConfiguredFiles::resolve(const policy::LocatedPath& from) {
  std::string path = from.path;
  if (path.starts_with(policy::credential_prefix)) {
    const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
    if (directory == nullptr || directory[0] != '/') {
      problem(from.where, path +
                              ": there are no credentials: CREDENTIALS_DIRECTORY is not set, see "
                              "LoadCredential= in systemd.exec(5)");
      return {};
    }
    path = std::string(directory) + "/" + path.substr(policy::credential_prefix.size());
  }
  paths_.insert(path);
  check(path, from.where);
  return path;
}

// What cannot be found, whoever opens it will say.
void ConfiguredFiles::check(const std::string& path, const std::string& where) {
  if (const auto secure = check_secure_path(path, user_);
      !secure && secure.error().code == std::errc::invalid_argument)
    problem(where, secure.error().message());
}

std::vector<tls::Der> ConfiguredFiles::read(const std::string& path, const std::string& where,
                                            Read parse) {
  const auto text = read_file(path, max_size);
  if (!text) {
    problem(where, text.error().message());
    return {};
  }
  auto list = parse(*text);
  if (!list) {
    problem(where, add_context(list.error(), path).value().message());
    return {};
  }
  return std::move(*list);
}

std::vector<tls::Der> ConfiguredFiles::certificates(const policy::LocatedPath& from) {
  const auto path = resolve(from);
  return path.empty() ? std::vector<tls::Der>{}
                      : read(path, from.where, tls::certificates_from_pem);
}

std::vector<tls::Der> ConfiguredFiles::anchors(const std::vector<policy::LocatedPath>& from) {
  std::vector<tls::Der> all;
  for (const auto& source : from) {
    std::vector<tls::Der> some;
    if (source.path != policy::system_truststore)
      some = read_all(source, certificate_endings, anchors_from_pem);
    else if (auto system = system_anchors())
      some = std::move(*system);
    else
      problem(source.where, system.error().message());
    std::ranges::move(some, std::back_inserter(all));
  }
  return all;
}

std::vector<tls::Der> ConfiguredFiles::crls(const std::vector<policy::LocatedPath>& from) {
  std::vector<tls::Der> all;
  for (const auto& source : from)
    std::ranges::move(read_all(source, crl_endings, crls_from_file), std::back_inserter(all));
  return all;
}

std::vector<tls::Der> ConfiguredFiles::read_all(const policy::LocatedPath& from, Endings endings,
                                                Read parse) {
  const auto path = resolve(from);
  std::error_code none;
  if (path.empty() || !std::filesystem::is_directory(path, none))
    return path.empty() ? std::vector<tls::Der>{} : read(path, from.where, parse);
  std::vector<tls::Der> all;
  for (const auto& file : files_in(path, endings, from.where))
    std::ranges::move(read(file, from.where, parse), std::back_inserter(all));
  return all;
}

// In the order of their names. None is an error: a directory that is empty by mistake trusts
// nobody.
std::vector<std::string> ConfiguredFiles::files_in(const std::string& directory, Endings endings,
                                                   const std::string& where) {
  std::vector<std::string> files;
  std::error_code failed;
  for (std::filesystem::directory_iterator it(directory, failed), end; !failed && it != end;
       it.increment(failed)) {
    std::error_code unreadable;
    if (std::ranges::find(endings, it->path().extension()) != endings.end() &&
        !it->is_directory(unreadable))
      files.push_back(it->path());
    if (files.size() > max_in_directory)
      break;
  }
  if (failed)
    problem(where, fmt::format("{}: {}", directory, failed.message()));
  else if (files.size() > max_in_directory)
    problem(where, fmt::format("{}: more than {} files", directory, max_in_directory));
  else if (files.empty())
    problem(where,
            fmt::format("{}: no file in it is named *{}", directory, fmt::join(endings, ", *")));
  std::ranges::sort(files);
  for (const auto& file : files)
    check(file, where);
  return files;
}

tls::Der ConfiguredFiles::ocsp_response(const policy::LocatedPath& from,
                                        const tls::Der& certificate) {
  const auto path = resolve(from);
  if (path.empty())
    return {};
  const auto content = read_file(path, max_size);
  if (!content) {
    problem(from.where, content.error().message());
    return {};
  }
  const auto bytes = std::as_bytes(std::span(*content));
  if (const auto next = tls::ocsp_next_update(bytes); !next)
    problem(from.where, add_context(next.error(), path).value().message());
  else if (!tls::is_about(bytes, certificate))
    problem(from.where, path + ": the OCSP response is about another certificate");
  return {bytes.begin(), bytes.end()};
}

void ConfiguredFiles::problem(const std::string& where, const std::string& text) {
  std::string line = where.empty() ? text : fmt::format("{}: {}", where, text);
  // what is wrong for one profile is wrong for the others, too
  if (std::ranges::find(problems_.lines, line) == problems_.lines.end())
    problems_.lines.push_back(std::move(line));
}

} // namespace ktls
