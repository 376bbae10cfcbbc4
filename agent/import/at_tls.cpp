// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/at_tls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "import/at_tls_document.hpp"
#include "import/at_tls_keyrings.hpp"
#include "import/at_tls_profiles.hpp"
#include "import/at_tls_rules.hpp"
#include "import/words.hpp"

namespace ktls::importer {
namespace {

constexpr std::uint64_t default_timeout = 10;

// Statements that name another file.
constexpr std::array<std::string_view, 6> other_files{"TTLSConfig",   "CommonTTLSConfig",
                                                      "TcpImage",     "PEPInstance",
                                                      "PolicyServer", "DynamicConfigPolicyLoad"};

bool is_any_of(const Statement& statement, const auto& keywords) {
  return std::any_of(keywords.begin(), keywords.end(),
                     [&](std::string_view keyword) { return statement.is(keyword); });
}

// Blocks that rules can name.
constexpr std::array<std::string_view, 19> known_blocks{"IpAddr",
                                                        "IpAddrSet",
                                                        "IpAddrGroup",
                                                        "PortRange",
                                                        "PortGroup",
                                                        "IpTimeCondition",
                                                        "TTLSGroupAction",
                                                        "TTLSEnvironmentAction",
                                                        "TTLSConnectionAction",
                                                        "TTLSGroupAdvancedParms",
                                                        "TTLSEnvironmentAdvancedParms",
                                                        "TTLSConnectionAdvancedParms",
                                                        "TTLSKeyringParms",
                                                        "TTLSCipherParms",
                                                        "TTLSSignatureParms",
                                                        "TTLSGskAdvancedParms",
                                                        "TTLSGskLdapParms",
                                                        "TTLSGskOcspParms",
                                                        "TTLSGskHttpCdpParms"};

class AtTlsImport {
public:
  AtTlsImport(Document& document, Problems& problems, std::string_view file)
      : document_(document), problems_(problems), file_(file),
        profiles_(document, problems, keyrings_), rules_(document, problems, profiles_) {}

  Import run() {
    for (const auto& rule : ranked(all_rules(), problems_)) {
      rules_.write(rule);
      if (size() > max_output)
        break;
    }
    TomlWriter out;
    write_head(out);
    write_agent(out);
    keyrings_.write(out);
    out.append(profiles_.toml());
    out.append(rules_.toml());
    write_rest(out);
    if (out.text().size() > max_output)
      problems_.add_fatal(1, fmt::format("more than {} bytes would come out", max_output));
    return {problems_.fatal() ? "" : out.text(), problems_.lines()};
  }

private:
  [[nodiscard]] std::size_t size() const {
    return profiles_.toml().text().size() + rules_.toml().text().size();
  }

  // The last one of each name: see Document.
  std::vector<const Statement*> all_rules() {
    std::vector<const Statement*> out;
    for (const auto& statement : document_.statements()) {
      if (!statement.is("TTLSRule") || !statement.block)
        continue;
      if (document_.find("TTLSRule", statement.value, statement) == &statement)
        out.push_back(&statement);
    }
    if (out.size() > max_rules)
      problems_.add_fatal(out[max_rules]->line, fmt::format("more than {} rules", max_rules));
    if (out.empty())
      problems_.add(1, "there is no TTLSRule in it");
    if (problems_.fatal())
      out.clear();
    return out;
  }

  void write_head(TomlWriter& out) {
    out.comment(
        fmt::format("Made of {}, a policy of AT-TLS. Read it before you use it: docs/at-tls.md "
                    "says what became of what. \"line\" is a line of that file.",
                    file_));
    out.comment(
        "Where the policy says nothing, ktlsd's defaults hold, which are stricter in places: "
        "RSA keys of peers have 2048 bits or more, and keys on elliptic curves 256.");
  }

  void write_agent(TomlWriter& out) {
    out.blank();
    out.table("[agent]");
    out.comment("z/OS sends in clear, and silently, what no rule applies to. Here it is refused: "
                "\"clear\" is what does as z/OS does. There is one [agent] in all files: put this "
                "into yours, if you have one.");
    out.key("default_action", Value::text("deny"));
    const auto longest = profiles_.longest_timeout();
    if (longest <= default_timeout)
      return;
    out.comment("As long as the longest HandshakeTimeout.");
    out.key("handshake_timeout", Value::number(longest));
    out.key("first_byte_timeout", Value::number(longest));
  }

  // Nothing is dropped silently.
  void write_rest(TomlWriter& out) {
    const auto unused = document_.unused();
    if (unused.empty())
      return;
    out.blank();
    out.comment("Statements that are not in the above:");
    for (const auto* statement : unused) {
      const auto why = reason(*statement);
      out.comment(fmt::format("{}: {}: {}", place(*statement), shown(*statement), why));
      write_children(*statement, out);
      if (is_any_of(*statement, known_blocks) && statement->block) // nothing is lost with it
        continue;
      problems_.add(statement->line, fmt::format("{}: {}", shown(*statement), why));
    }
  }

  static void write_children(const Statement& block, TomlWriter& out) {
    for (const auto& child : block.children) {
      out.comment(fmt::format("{}: {}", place(child), shown(child)));
      write_children(child, out); // at most max_nesting deep
    }
  }

  static std::string_view reason(const Statement& statement) {
    if (is_any_of(statement, other_files))
      return "other files are not followed: import the file that it leads to by itself";
    if (!statement.block)
      return "not known, and not imported";
    if (statement.is("TTLSRule"))
      return "another one has this name, and counts";
    return is_any_of(statement, known_blocks) ? "no rule uses it" : "no statement of AT-TLS";
  }

  Document& document_;
  Problems& problems_;
  std::string file_;
  Keyrings keyrings_;
  Profiles profiles_;
  Rules rules_;
};

} // namespace

Import import_at_tls(std::string_view text, std::string_view file) {
  Problems problems(file);
  check_text(text, problems);
  if (problems.fatal())
    return {"", problems.lines()};
  Document document(parse_statements(without_byte_order_mark(text), problems), problems);
  if (problems.fatal())
    return {"", problems.lines()};
  return AtTlsImport(document, problems, file).run();
}

} // namespace ktls::importer
