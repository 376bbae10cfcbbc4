// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy/settings.hpp"

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_FORMATTERS 0
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>

#include "base/text.hpp"

namespace ktls::policy {
namespace {

using ipc::ClientAuthType;
using ipc::HandshakeRole;

template<class Value>
struct Named {
  std::string_view name;
  Value value;
};
constexpr std::array<Named<HandshakeRole>, 2> server_roles{{
    {"server", HandshakeRole::Server},
    {"server-with-client-auth", HandshakeRole::ServerWithClientAuth},
}};
constexpr std::array<Named<ClientAuthType>, 2> client_auth_types{{
    {"full", ClientAuthType::Full},
    {"required", ClientAuthType::Required},
}};

// Walks one file, and notes every problem with its place.
class Parser {
public:
  Parser(const toml::table& root, std::string file) : root_(root), file_(std::move(file)) {}

  Settings read() {
    Settings out;
    expect_keys(root_, "", {"agent", "client", "kernel", "server"});
    if (const auto* agent = table("agent")) {
      expect_keys(*agent, "agent",
                  {"socket", "workers", "handshake_timeout", "first_byte_timeout",
                   "request_timeout", "max_handshakes", "max_queued", "max_handshakes_per_uid",
                   "max_handshakes_per_address", "max_connections", "max_connections_per_uid",
                   "network_namespaces"});
      if (const auto path = absolute_path(*agent, "agent", "socket"))
        out.socket = path->path;
      read_number(*agent, "agent", "workers", 0, max_workers, out.workers);
      read_seconds(*agent, "agent", "handshake_timeout", out.handshake_timeout);
      read_seconds(*agent, "agent", "first_byte_timeout", out.first_byte_timeout);
      read_seconds(*agent, "agent", "request_timeout", out.request_timeout);
      read_limits(*agent, out);
      read_paths(*agent, "agent", "network_namespaces", max_network_namespaces,
                 out.network_namespaces);
    }
    if (const auto* kernel = table("kernel")) {
      expect_keys(*kernel, "kernel", {"psk"});
      read_bool(*kernel, "kernel", "psk", out.kernel_psk);
    }
    if (const auto* client = table("client"))
      out.client = read_client(*client);
    if (const auto* server = table("server"))
      out.server = read_server(*server);
    return out;
  }

  Problems take_problems() { return std::move(problems_); }

private:
  void problem(const toml::source_region& source, std::string_view key, std::string_view text) {
    problems_.lines.push_back(
        fmt::format("{}: {}{}{}", where(source), key, key.empty() ? "" : ": ", text));
  }
  [[nodiscard]] std::string where(const toml::source_region& source) const {
    return fmt::format("{}:{}", file_, source.begin.line);
  }
  static std::string dotted(std::string_view section, std::string_view key) {
    return section.empty() ? escape(key) : fmt::format("{}.{}", section, escape(key));
  }

  void expect_keys(const toml::table& in, std::string_view section,
                   const std::vector<std::string_view>& known) {
    for (const auto& [key, node] : in) {
      if (std::find(known.begin(), known.end(), key.str()) == known.end())
        problem(key.source(), dotted(section, key.str()),
                fmt::format("unknown key; known here: {}", fmt::join(known, ", ")));
    }
  }

  const toml::table* table(std::string_view name) {
    const toml::node* node = root_.get(name);
    if (node == nullptr)
      return nullptr;
    if (!node->is_table())
      problem(node->source(), name, "must be a table: [" + std::string(name) + "]");
    return node->as_table();
  }

  std::optional<std::string> text(const toml::table& in, std::string_view section,
                                  std::string_view key) {
    const toml::node* node = in.get(key);
    if (node == nullptr)
      return std::nullopt;
    const auto* string = node->as_string();
    if (string == nullptr) {
      problem(node->source(), dotted(section, key), "must be a string");
      return std::nullopt;
    }
    return string->get();
  }

  static bool is_absolute_path(const std::string& value) {
    constexpr std::size_t max_path = 4095; // PATH_MAX, with its NUL
    return value.starts_with('/') && value.size() <= max_path &&
           value.find('\0') == std::string::npos;
  }

  std::optional<LocatedPath> absolute_path(const toml::table& in, std::string_view section,
                                           std::string_view key) {
    const auto value = text(in, section, key);
    if (!value)
      return std::nullopt;
    const auto& source = in.get(key)->source();
    if (!is_absolute_path(*value)) {
      problem(source, dotted(section, key), "must be an absolute path");
      return std::nullopt;
    }
    return LocatedPath{*value, where(source)};
  }

  // systemd.exec(5): the name of a credential is that of a file.
  static bool is_credential(std::string_view value) {
    if (!value.starts_with(credential_prefix))
      return false;
    const auto name = value.substr(credential_prefix.size());
    constexpr std::size_t max_name = 255;
    return !name.empty() && name.size() <= max_name && name != "." && name != ".." &&
           std::all_of(name.begin(), name.end(),
                       [](unsigned char c) { return c > ' ' && c < 0x7f && c != '/'; });
  }

  // A credential, or an absolute path.
  std::optional<LocatedPath> file(const toml::table& in, std::string_view section,
                                  std::string_view key) {
    const auto* node = in.get_as<std::string>(key);
    if (node != nullptr && is_credential(node->get()))
      return LocatedPath{node->get(), where(node->source())};
    return absolute_path(in, section, key);
  }

  // No message says what the value is: there may be a PIN in it.
  std::optional<KeyLocation> key_location(const toml::table& in, std::string_view section,
                                          std::string_view key) {
    constexpr std::size_t max_url = 4095;
    const auto* node = in.get_as<std::string>(key);
    if (node == nullptr ||
        !(node->get().starts_with("pkcs11:") || node->get().starts_with("tpmkey:"))) {
      const auto path = file(in, section, key);
      return path ? std::optional(KeyLocation{*path, KeyPlace::File}) : std::nullopt;
    }
    const auto& url = node->get();
    if (url.size() > max_url || std::any_of(url.begin(), url.end(), [](unsigned char c) {
          return c <= ' ' || c >= 0x7f;
        })) {
      problem(node->source(), dotted(section, key),
              "a token URL is of printable ASCII characters without spaces, 4095 at most");
      return std::nullopt;
    }
    return KeyLocation{{url, where(node->source())}, KeyPlace::Token};
  }

  // Each path once.
  void read_paths(const toml::table& in, std::string_view section, std::string_view key,
                  std::size_t most, std::vector<LocatedPath>& out) {
    const toml::node* node = in.get(key);
    if (node == nullptr)
      return;
    const auto* list = node->as_array();
    if (list == nullptr || list->size() > most)
      return problem(node->source(), dotted(section, key),
                     fmt::format("must be a list of at most {} absolute paths", most));
    for (const auto& entry : *list) {
      const auto* path = entry.as_string();
      if (path == nullptr || !is_absolute_path(path->get()))
        problem(entry.source(), dotted(section, key), "must be an absolute path");
      else if (std::ranges::find(out, path->get(), &LocatedPath::path) != out.end())
        problem(entry.source(), dotted(section, key),
                fmt::format("\"{}\" is given twice", escape(path->get(), 128)));
      else
        out.push_back({path->get(), where(entry.source())});
    }
  }

  template<class Number>
  void read_number(const toml::table& in, std::string_view section, std::string_view key,
                   std::int64_t least, std::int64_t most, Number& out) {
    const toml::node* node = in.get(key);
    if (node == nullptr)
      return;
    const auto* number = node->as_integer();
    if (number == nullptr || number->get() < least || number->get() > most)
      return problem(node->source(), dotted(section, key),
                     fmt::format("must be a whole number from {} to {}", least, most));
    out = static_cast<Number>(number->get());
  }

  void read_seconds(const toml::table& in, std::string_view section, std::string_view key,
                    std::chrono::seconds& out) {
    std::int64_t seconds = out.count();
    read_number(in, section, key, 1, max_timeout_seconds, seconds);
    out = std::chrono::seconds(seconds);
  }

  void read_limits(const toml::table& in, Settings& out) {
    read_number(in, "agent", "max_handshakes", 1, max_count, out.max_handshakes);
    read_number(in, "agent", "max_queued", 0, max_count, out.max_queued);
    read_number(in, "agent", "max_handshakes_per_uid", 1, max_count, out.max_handshakes_per_uid);
    read_number(in, "agent", "max_handshakes_per_address", 1, max_count,
                out.max_handshakes_per_address);
    read_number(in, "agent", "max_connections", 1, max_count, out.max_connections);
    read_number(in, "agent", "max_connections_per_uid", 1, max_count, out.max_connections_per_uid);
  }

  template<class Value, std::size_t N>
  void read_choice(const toml::table& in, std::string_view section, std::string_view key,
                   const std::array<Named<Value>, N>& choices, Value& out) {
    const auto value = text(in, section, key);
    if (!value)
      return;
    const auto* found = std::find_if(choices.begin(), choices.end(),
                                     [&](const auto& choice) { return choice.name == *value; });
    if (found != choices.end()) {
      out = found->value;
      return;
    }
    std::vector<std::string_view> names;
    names.reserve(N);
    for (const auto& choice : choices)
      names.push_back(choice.name);
    problem(in.get(key)->source(), dotted(section, key),
            fmt::format("\"{}\" is not one of: {}", escape(*value, 64), fmt::join(names, ", ")));
  }

  void read_bool(const toml::table& in, std::string_view section, std::string_view key, bool& out) {
    const toml::node* node = in.get(key);
    if (node == nullptr)
      return;
    if (!node->is_boolean())
      return problem(node->source(), dotted(section, key), "must be true or false");
    out = node->as_boolean()->get();
  }

  // Of 1 to `most` strings, each of 1 to 255 bytes.
  std::vector<std::string> strings(const toml::table& in, std::string_view section,
                                   std::string_view key, std::size_t most) {
    const toml::node* node = in.get(key);
    if (node == nullptr)
      return {};
    std::vector<std::string> out;
    const auto* array = node->as_array();
    for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
      const auto* item = array->get(i)->as_string();
      if (item == nullptr || item->get().empty() ||
          item->get().size() > ipc::Profile::max_alpn_name)
        break;
      out.push_back(item->get());
    }
    if (array == nullptr || out.empty() || out.size() != array->size() || out.size() > most)
      problem(node->source(), dotted(section, key),
              fmt::format("must be a list of 1 to {} strings of 1 to {} bytes", most,
                          ipc::Profile::max_alpn_name));
    return out;
  }

  LocatedNames names(const toml::table& in, std::string_view section, std::string_view key) {
    constexpr std::size_t max_names = 64;
    if (!in.contains(key))
      return {};
    return {strings(in, section, key, max_names), where(in.get(key)->source())};
  }

  void read_versions(const toml::table& in, std::string_view section, RoleSettings& out) {
    constexpr std::string_view key = "versions";
    if (!in.contains(key))
      return;
    out.tls12 = out.tls13 = false;
    for (const auto& version : strings(in, section, key, 2)) {
      if (version == "1.2")
        out.tls12 = true;
      else if (version == "1.3")
        out.tls13 = true;
      else
        problem(in.get(key)->source(), dotted(section, key),
                fmt::format("\"{}\" is not one of: 1.2, 1.3", escape(version, 64)));
    }
  }

  void read_limits(const toml::table& in, std::string_view section, ipc::PeerLimits& out) {
    read_number(in, section, "max_peer_chain", 1, 100, out.chain_length);
    read_number(in, section, "max_peer_chain_bytes", 1024, 65'536, out.chain_bytes);
    read_number(in, section, "max_peer_rsa_bits", 2048, 16'384, out.rsa_bits);
    read_number(in, section, "max_peer_rsa_exponent_bits", 2, 256, out.rsa_exponent_bits);
  }

  // The keys that both roles have.
  static constexpr std::array common_keys{std::string_view("certificate"),
                                          std::string_view("private_key"),
                                          std::string_view("credential"),
                                          std::string_view("truststore"),
                                          std::string_view("psk_file"),
                                          std::string_view("versions"),
                                          std::string_view("ciphers"),
                                          std::string_view("groups"),
                                          std::string_view("signature_algorithms"),
                                          std::string_view("alpn"),
                                          std::string_view("max_peer_chain"),
                                          std::string_view("max_peer_chain_bytes"),
                                          std::string_view("max_peer_rsa_bits"),
                                          std::string_view("max_peer_rsa_exponent_bits")};

  void read_common(const toml::table& in, std::string_view section,
                   std::initializer_list<std::string_view> own_keys, RoleSettings& out) {
    std::vector<std::string_view> known(common_keys.begin(), common_keys.end());
    known.insert(known.end(), own_keys);
    expect_keys(in, section, known);
    out.where = where(in.source());
    read_credentials(in, section, out);
    out.truststore = file(in, section, "truststore");
    out.psk_file = file(in, section, "psk_file");
    read_versions(in, section, out);
    out.ciphers = names(in, section, "ciphers");
    out.groups = names(in, section, "groups");
    out.signature_algorithms = names(in, section, "signature_algorithms");
    out.alpn = strings(in, section, "alpn", ipc::Profile::max_alpn);
    for (const auto& name : out.alpn) {
      if (escape(name) != name)
        problem(in.get("alpn")->source(), dotted(section, "alpn"),
                "only printable ASCII characters can be in a protocol name here");
    }
    read_limits(in, section, out.peer_limits);
    if (in.contains("psk_file"))
      refuse_with_psk(in, section);
  }

  // RFC 8446, section 4.1.1: with a pre-shared key neither end presents a certificate.
  void refuse_with_psk(const toml::table& in, std::string_view section) {
    for (const std::string_view key :
         {"certificate", "private_key", "credential", "truststore", "client_auth_type",
          "signature_algorithms", "session_tickets", "tags", "versions"}) {
      if (in.contains(key))
        problem(in.get(key)->source(), dotted(section, key),
                "does not go with psk_file: a pre-shared key authenticates both ends, in TLS 1.3");
    }
  }

  void read_credential(const toml::table& in, std::string_view section, RoleSettings& out) {
    const auto certificate = file(in, section, "certificate");
    const auto private_key = key_location(in, section, "private_key");
    if (in.contains("certificate") != in.contains("private_key"))
      problem(in.source(), section, "certificate and private_key belong together");
    if (certificate && private_key)
      out.credentials.push_back({*certificate, *private_key});
  }

  // [[SECTION.credential]]: further ones, chosen by the name that a client asks for.
  void read_credentials(const toml::table& in, std::string_view section, RoleSettings& out) {
    read_credential(in, section, out);
    const toml::node* node = in.get("credential");
    if (node == nullptr)
      return;
    const std::string name = dotted(section, "credential");
    const auto* array = node->as_array();
    if (array == nullptr || array->size() >= ipc::Profile::max_credentials)
      return problem(node->source(), name,
                     fmt::format("must be tables, [[{}]], and less than {} of them", name,
                                 ipc::Profile::max_credentials));
    for (const auto& item : *array) {
      const auto* credential = item.as_table();
      if (credential == nullptr) {
        problem(item.source(), name, fmt::format("must be a table: [[{}]]", name));
        continue;
      }
      expect_keys(*credential, name, std::vector<std::string_view>{"certificate", "private_key"});
      require(*credential, name, "certificate", "a credential is a certificate and its key");
      read_credential(*credential, name, out);
    }
  }

  void require(const toml::table& in, std::string_view section, std::string_view key,
               std::string_view why) {
    if (!in.contains(key))
      problem(in.source(), dotted(section, key), fmt::format("is missing: {}", why));
  }

  RoleSettings read_client(const toml::table& in) {
    RoleSettings out;
    out.role = HandshakeRole::Client;
    read_common(in, "client", {"psk_identity"}, out);
    out.psk_identity = text(in, "client", "psk_identity").value_or("");
    if (in.contains("psk_identity") && !in.contains("psk_file"))
      problem(in.get("psk_identity")->source(), "client.psk_identity", "counts only with psk_file");
    if (!in.contains("psk_file"))
      require(in, "client", "truststore", "without it no server can be verified");
    return out;
  }

  std::vector<std::string> tags(const toml::table& in) {
    constexpr std::string_view allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    auto tags = strings(in, "server", "tags", max_tags);
    for (const auto& tag : tags) {
      if (tag.find_first_not_of(allowed) != std::string::npos)
        problem(in.get("tags")->source(), "server.tags",
                fmt::format("\"{}\": only letters, digits, '_' and '-' can be in a tag",
                            escape(tag, 64)));
    }
    return tags;
  }

  RoleSettings read_server(const toml::table& in) {
    RoleSettings out;
    out.role =
        in.contains("psk_file") ? HandshakeRole::Server : HandshakeRole::ServerWithClientAuth;
    read_common(in, "server", {"handshake_role", "client_auth_type", "session_tickets", "tags"},
                out);
    read_choice(in, "server", "handshake_role", server_roles, out.role);
    read_choice(in, "server", "client_auth_type", client_auth_types, out.client_auth_type);
    read_bool(in, "server", "session_tickets", out.session_tickets);
    out.tags = tags(in);
    if (in.contains("psk_file")) {
      if (out.role == HandshakeRole::ServerWithClientAuth)
        problem(in.get("handshake_role")->source(), "server.handshake_role",
                "does not go with psk_file: no certificate is asked for");
      return out;
    }
    if (!in.contains("certificate") && !in.contains("private_key"))
      require(in, "server", "certificate", "a server has to present one");
    if (out.role == HandshakeRole::ServerWithClientAuth)
      require(in, "server", "truststore", "without it no client can be verified");
    else if (in.contains("client_auth_type"))
      problem(in.get("client_auth_type")->source(), "server.client_auth_type",
              "counts only with handshake_role = \"server-with-client-auth\"");
    return out;
  }

  const toml::table& root_;
  std::string file_;
  Problems problems_;
};

} // namespace

std::string KeyLocation::name() const {
  if (place == KeyPlace::File)
    return path;
  // where a PIN belongs, and where one may stand by mistake
  const auto end = std::min({path.find('?'), path.find("pin-"), path.find("pinfile")});
  return escape(path.substr(0, end));
}

tl::expected<Settings, Problems> parse_settings(std::string_view text, const std::string& file) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const auto& error = parsed.error();
    return tl::make_unexpected(Problems{
        {fmt::format("{}:{}: {}", file, error.source().begin.line, escape(error.description()))}});
  }
  Parser parser(parsed.table(), file);
  auto settings = parser.read();
  auto problems = parser.take_problems();
  if (!problems.lines.empty())
    return tl::make_unexpected(std::move(problems));
  return settings;
}

} // namespace ktls::policy
