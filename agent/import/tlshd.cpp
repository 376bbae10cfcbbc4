// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/tlshd.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "import/key_file_format.hpp"
#include "import/toml_writer.hpp"
#include "import/words.hpp"

namespace ktls::importer {
namespace {

constexpr std::size_t max_path = 4095; // PATH_MAX, with its NUL

struct Side {
  std::string_view group;
  std::string_view role;
  std::string_view name; // of what is made of it
  std::string_view nvme_port;
};
constexpr Side client{"authenticate.client", "client", "tlshd-client", "remote_port"};
constexpr Side server{"authenticate.server", "server", "tlshd-server", "local_port"};

// Keys that both sides have.
constexpr std::array side_keys{
    std::string_view("x509.truststore"),     std::string_view("x509.crl"),
    std::string_view("x509.certificate"),    std::string_view("x509.private_key"),
    std::string_view("x509.pq.certificate"), std::string_view("x509.pq.private_key")};

struct NoCounterpart {
  std::string_view group, key;
  std::string_view why;
  bool weighs; // it is a problem, too
};
constexpr std::array<NoCounterpart, 5> no_counterparts{{
    {"debug", "loglevel", "ktlsd logs each failed handshake in any case", false},
    {"debug", "tls", "GnuTLS is not asked for a trace", false},
    {"debug", "nl", "libnl is not asked for a trace", false},
    {"debug", "delay_done", "a test of the kernel's patience, for developers", false},
    {"authenticate", "keyrings",
     "pre-shared keys are looked up in the keyring alone that a request of the kernel names, so "
     "keys in these are not found",
     true},
}};

bool is_url(std::string_view text) {
  const auto colon = text.find(':');
  return colon != std::string_view::npos && text.find('/') > colon && colon > 0;
}

class TlshdImport {
public:
  TlshdImport(std::string_view text, std::string_view file) : file_(file), problems_(file) {
    check_text(text, problems_);
    if (!problems_.fatal())
      all_ = parse_key_file(text, problems_);
  }

  Import run() {
    if (problems_.fatal())
      return {"", problems_.lines()};
    find_last();
    write_head();
    write_side(client);
    write_side(server);
    write_rest();
    write_psk_suggestion();
    return {out_.text(), problems_.lines()};
  }

private:
  using Place = std::pair<std::string, std::string>;

  // GKeyFile: the last value of a key counts.
  void find_last() {
    for (const auto& entry : all_) {
      auto& last = last_[{entry.group, entry.key}];
      if (last != nullptr)
        problems_.add(last->line, fmt::format("{}: given again in line {}, which counts", entry.key,
                                              entry.line));
      last = &entry;
    }
  }

  [[nodiscard]] const KeyValue* find(const Side& side, std::string_view key) const {
    const auto found = last_.find({std::string(side.group), std::string(key)});
    return found == last_.end() ? nullptr : found->second;
  }

  void write_head() {
    out_.comment(
        fmt::format("Made of {}, a configuration of tlshd. Read it before you use it.", file_));
    out_.comment("It is for services in the kernel alone, such as NFS, as tlshd is. Applications "
                 "are given nothing by it.");
    out_.comment("What tlshd is told elsewhere is not in here: the session tags of "
                 "/etc/tlshd/tags.d (profile.NAME.tags has fixed tags), and certificates in the "
                 "kernel's keyrings, which mounts may name.");
  }

  // A file, as an absolute path.
  std::optional<std::string> path(const KeyValue& entry) {
    std::string value(trimmed(entry.value));
    if (value.size() != entry.value.size())
      problems_.add(entry.line,
                    fmt::format("{}: has blanks behind it, which tlshd takes for a part "
                                "of the name; they are left out",
                                entry.key));
    if (value.empty() || value.size() > max_path) {
      problems_.add(entry.line, fmt::format("{}: names no file", entry.key));
      return std::nullopt;
    }
    if (value.front() != '/') {
      value = "/" + (value.starts_with("./") ? value.substr(2) : value);
      problems_.add(entry.line, fmt::format("{}: a relative name, taken from \"/\" on", entry.key));
    }
    return value;
  }

  std::optional<std::string> key_location(const KeyValue& entry) {
    if (!is_url(entry.value))
      return path(entry);
    const auto url = trimmed(entry.value);
    const bool plain =
        std::all_of(url.begin(), url.end(), [](unsigned char c) { return c > ' ' && c < 0x7f; });
    if ((url.starts_with("pkcs11:") || url.starts_with("tpmkey:")) && plain &&
        url.size() <= max_path)
      return std::string(url);
    problems_.add(entry.line, fmt::format("{}: keys can be in files, and in tokens by pkcs11: and "
                                          "tpmkey:, but not where this says",
                                          entry.key));
    return std::nullopt;
  }

  // True: there is a credential of the side's name now.
  bool write_credential(const Side& side) {
    const auto* certificate = find(side, "x509.certificate");
    const auto* key = find(side, "x509.private_key");
    if (certificate == nullptr && key == nullptr)
      return false;
    if (certificate == nullptr || key == nullptr) {
      const auto& lone = key == nullptr ? *certificate : *key;
      constexpr std::string_view why = "x509.certificate and x509.private_key belong together: "
                                       "tlshd uses neither";
      out_.blank();
      out_.comment(fmt::format("line {}: {}: {}", lone.line, lone.key, why));
      problems_.add(lone.line, why);
      return false;
    }
    const auto certificate_path = path(*certificate);
    const auto key_path = key_location(*key);
    if (!certificate_path || !key_path) {
      out_.blank();
      out_.comment(fmt::format("lines {} and {}: no certificate: see the report", certificate->line,
                               key->line));
      return false;
    }
    out_.blank();
    out_.table(fmt::format("[credential.{}]", side.name));
    out_.key("certificate", Value::text(*certificate_path), from(*certificate));
    out_.key("private_key", Value::text(*key_path), from(*key));
    return true;
  }

  static std::string from(const KeyValue& entry) { return fmt::format("line {}", entry.line); }

  void write_post_quantum(const Side& side) {
    for (const auto* entry :
         {find(side, "x509.pq.certificate"), find(side, "x509.pq.private_key")}) {
      if (entry == nullptr)
        continue;
      const std::string_view shown =
          entry->key == "x509.pq.certificate" ? std::string_view(entry->value) : "...";
      constexpr std::string_view why = "no counterpart: this side proves itself by ML-DSA to "
                                       "nobody; peers get x509.certificate";
      out_.comment(fmt::format("line {}: {} = {}: {}", entry->line, entry->key, shown, why));
      problems_.add(entry->line, fmt::format("{}: {}", entry->key, why));
    }
  }

  void write_trust(const Side& side) {
    const auto* truststore = find(side, "x509.truststore");
    const auto named = truststore == nullptr ? std::nullopt : path(*truststore);
    if (named) {
      out_.key("truststore", Value::text(*named), from(*truststore));
      out_.comment("An unreadable trust store is an error here. tlshd takes that of the system "
                   "then.");
    } else {
      out_.comment("tlshd trusts all authorities of the operating system where no x509.truststore "
                   "is named. Better name those that you mean.");
      out_.key("truststore", Value::text("system"));
    }
    const auto* crl = find(side, "x509.crl");
    const auto lists = crl == nullptr ? std::nullopt : path(*crl);
    if (!lists)
      return;
    out_.key("crls", Value::text(*lists), from(*crl));
    out_.comment("As tlshd does it: a list that has expired still counts, and an authority without "
                 "a list is passed over. \"high\", the default, refuses in both cases.");
    out_.key("revocation_security_level", Value::text("low"));
  }

  void write_profile(const Side& side, bool has_credential) {
    out_.blank();
    out_.table(fmt::format("[profile.{}]", side.name));
    if (side.role == server.role) {
      out_.key("handshake_role", Value::text("server-with-client-auth"));
      out_.comment("tlshd asks each client for a certificate, whether a trust store is named or "
                   "not, and takes clients that have none; a certificate that does not verify is "
                   "refused. The service in the kernel is told whether there was one.");
      out_.key("client_auth_type", Value::text("full"));
    } else {
      out_.key("handshake_role", Value::text("client"));
    }
    if (has_credential)
      out_.key("credentials", Value::text(side.name));
    else
      out_.comment("Without a certificate: mounts with xprtsec=mtls are refused, as by tlshd.");
    write_post_quantum(side);
    write_trust(side);
  }

  void write_rule(const Side& side) {
    out_.blank();
    out_.table("[[rule]]");
    out_.key("name", Value::text(side.name));
    out_.key("origin", Value::text("kernel"));
    out_.key("role", Value::text(side.role));
    out_.key("profile", Value::text(side.name));
  }

  void write_side(const Side& side) {
    const bool has_credential = write_credential(side);
    if (side.role == client.role || has_credential) {
      write_profile(side, has_credential);
      return write_rule(side);
    }
    out_.blank();
    out_.comment("No server: without a certificate tlshd refuses all that a client asks of this "
                 "host, and so does ktlsd without a rule.");
    for (const auto& entry : all_) {
      if (entry.group != side.group || !is_known(side, entry.key))
        continue;
      out_.comment(
          fmt::format("line {}: {}: of no use without a certificate", entry.line, entry.key));
      problems_.add(entry.line, fmt::format("{}: of no use, as [{}] has no certificate that can be "
                                            "used",
                                            entry.key, side.group));
    }
  }

  static bool is_known(const Side& side, std::string_view key) {
    return (side.group == client.group || side.group == server.group) &&
           std::find(side_keys.begin(), side_keys.end(), key) != side_keys.end();
  }

  void write_rest() {
    bool first = true;
    for (const auto& entry : all_) {
      if (is_known({entry.group, "", "", ""}, entry.key))
        continue;
      if (first)
        out_.blank();
      first = false;
      const auto* found = std::find_if(no_counterparts.begin(), no_counterparts.end(),
                                       [&](const NoCounterpart& one) {
                                         return one.group == entry.group && one.key == entry.key;
                                       });
      const bool known = found != no_counterparts.end();
      out_.comment(fmt::format("line {}: [{}] {} = {}: {}", entry.line, entry.group, entry.key,
                               entry.value,
                               known ? fmt::format("no counterpart: {}", found->why)
                                     : "not known: tlshd itself passes over it"));
      if (!known)
        problems_.add(entry.line,
                      fmt::format("[{}] {}: not known, and not imported", entry.group, entry.key));
      else if (found->weighs)
        problems_.add(entry.line, fmt::format("{}: {}", entry.key, found->why));
    }
  }

  void write_psk_suggestion() {
    out_.blank();
    out_.comment(
        "NVMe over TCP with pre-shared keys, which tlshd serves without being told to. "
        "Which requests these are is not in its configuration, and a rule decides by ports "
        "before it is known what a request wants: 4420 and 8009 are the usual ones. If this "
        "host uses it, take these rules into use, with your ports.");
    for (const auto& side : {client, server}) {
      const auto name = fmt::format("nvme-{}", side.role);
      out_.suggest(fmt::format("[profile.{}]", name));
      out_.suggest(fmt::format("handshake_role = \"{}\"", side.role));
      out_.suggest("psk = \"keyring\"");
      out_.suggest("[[rule]]");
      out_.suggest(fmt::format("name = \"{}\"", name));
      out_.suggest("priority = 100");
      out_.suggest("origin = \"kernel\"");
      out_.suggest(fmt::format("role = \"{}\"", side.role));
      out_.suggest(fmt::format("{} = [4420, 8009]", side.nvme_port));
      out_.suggest(fmt::format("profile = \"{}\"", name));
    }
  }

  std::string file_;
  Problems problems_;
  std::vector<KeyValue> all_;
  std::map<Place, const KeyValue*> last_;
  TomlWriter out_;
};

} // namespace

Import import_tlshd(std::string_view text, std::string_view file) {
  return TlshdImport(text, file).run();
}

} // namespace ktls::importer
