// SPDX-License-Identifier: GPL-2.0-or-later
// ProfileWriter: versions of TLS, ciphers, groups and signatures.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "import/at_tls_profile_writer.hpp"
#include "import/words.hpp"

namespace ktls::importer {

void ProfileWriter::write_versions(const Statement& environment) {
  const auto* tls12 = parameters_.take("TLSv1.2");
  const auto* tls13 = parameters_.take("TLSv1.3");
  Strings versions;
  if (on(tls12))
    versions.emplace_back("1.2");
  if (on(tls13))
    versions.emplace_back("1.3");
  if (versions.empty()) {
    constexpr std::string_view why = "neither TLSv1.2 nor TLSv1.3 is turned on, and older versions "
                                     "are not done here: both may be used";
    out_.comment(fmt::format("{}.", why));
    problems_.add(environment.line, fmt::format("{}: {}", environment.text(), why));
    return;
  }
  std::string remark;
  for (const auto* one : {tls12, tls13}) {
    if (one != nullptr)
      remark += fmt::format("{}{}", remark.empty() ? "" : ", ", place(*one));
  }
  out_.key("versions", Value::list(versions), remark);
  if (tls12 == nullptr) {
    constexpr std::string_view why = "TLSv1.2 is not mentioned: it is off up to z/OS 3.1, and on "
                                     "from 3.2; taken as off";
    out_.comment(fmt::format("{}.", why));
    problems_.add(tls13->line, fmt::format("{}: {}", tls13->text(), why));
  }
}

void ProfileWriter::write_algorithms() {
  const auto* suite_b_statement = parameters_.take("SuiteBProfile");
  const bool strict = suite_b_statement != nullptr && !same(suite_b_statement->word(), "Off");
  const auto suite = strict ? suite_b(suite_b_statement->word()) : std::nullopt;
  if (strict && !suite)
    note(*suite_b_statement, "is not Off, 128, 128Min, 192, 192Min or All");
  if (suite)
    return write_suite_b(*suite_b_statement, *suite);
  write_suites();
  if (role_ == Role::Client)
    write_list_of("groups", AlgorithmKind::Group, {"ClientECurves"});
  else
    write_list_of("groups", AlgorithmKind::Group, {"ServerKeyShareGroups", "ServerKexECurves"});
  write_list_of("signature_algorithms", AlgorithmKind::Signature,
                {"SignaturePairs", "SignaturePairsCert"});
  for (const std::string_view other :
       {"ClientECurves", "ServerKeyShareGroups", "ServerKexECurves", "ClientKeyShareGroups"}) {
    const auto counted = role_ == Role::Client ? std::string_view("Client") : "Server";
    const bool shares = other == "ClientKeyShareGroups" && role_ == Role::Client;
    if (other.starts_with(counted) && !shares)
      continue;
    for (const auto* one : parameters_.take_all(other))
      comment(*one, shares ? "for which groups shares of a key are sent is left to GnuTLS"
                           : "counts for the other role only");
  }
}

// Adds to it.
void ProfileWriter::list(std::string_view keyword, Listed& out) {
  constexpr std::size_t enough = 40; // to find the rest
  for (const auto* one : parameters_.take_all(keyword)) {
    out.values.emplace_back(one->word());
    out.line = out.line == 0 ? one->line : out.line;
    if (out.remark.size() < enough)
      out.remark += fmt::format("{}{}", out.remark.empty() ? "" : ", ", place(*one));
  }
}

void ProfileWriter::write_list(std::string_view key, const Algorithms& known,
                               const Listed& listed) {
  if (!known.ours.empty())
    out_.key(key, Value::list(known.ours), listed.remark);
  if (known.without.empty())
    return;
  const auto why = fmt::format(
      "{}: not done here: {}{}", key, fmt::join(known.without, ", "),
      known.ours.empty() ? "; none is left, so all that are done here may be used" : "");
  out_.comment(fmt::format("{}: {}", listed.remark, why));
  problems_.add(listed.line, why);
}

void ProfileWriter::write_suites() {
  Listed four;
  list("V3CipherSuites4Char", four);
  Listed listed;
  list("V3CipherSuites", listed);
  const auto two = algorithms(AlgorithmKind::Suite2, listed.values);
  auto all = algorithms(AlgorithmKind::Suite, four.values);
  std::copy_if(two.ours.begin(), two.ours.end(), std::back_inserter(all.ours),
               [&](const std::string& one) {
                 return std::find(all.ours.begin(), all.ours.end(), one) == all.ours.end();
               });
  all.without.insert(all.without.end(), two.without.begin(), two.without.end());
  list("V3CipherSuites4Char", listed); // where they stand
  write_list("ciphers", all, listed);
}

void ProfileWriter::write_list_of(std::string_view key, AlgorithmKind kind,
                                  std::initializer_list<std::string_view> keywords) {
  Listed listed;
  for (const auto keyword : keywords)
    list(keyword, listed);
  if (listed.values.size() == 1 && same(listed.values.front(), "Any"))
    out_.comment(fmt::format("{}: any of the {}", listed.remark, key));
  else
    write_list(key, algorithms(kind, listed.values), listed);
}

void ProfileWriter::write_suite_b(const Statement& statement, const SuiteB& suite) {
  out_.key("ciphers", Value::list(suite.ciphers), place(statement));
  out_.key("groups", Value::list(suite.groups));
  out_.key("signature_algorithms", Value::list(suite.signatures));
  note(statement, "these three lists stand for it (RFC 6460): check them; all else that is said "
                  "of ciphers, curves and signatures does not count");
  for (const std::string_view keyword :
       {"V3CipherSuites", "V3CipherSuites4Char", "ClientECurves", "ClientKeyShareGroups",
        "ServerKexECurves", "ServerKeyShareGroups", "SignaturePairs", "SignaturePairsCert"}) {
    for (const auto* one : parameters_.take_all(keyword))
      comment(*one, fmt::format("line {} counts", statement.line));
  }
}

} // namespace ktls::importer
