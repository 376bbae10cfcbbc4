// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/extension_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "identity/filter_table.hpp"
#include "identity/identity_extensions.hpp"
#include "identity/user_name.hpp"
#include "policy/toml_table.hpp"

namespace ktls::identity {
namespace {

using policy::Report;
using policy::Table;
using From = UserTemplate::From;

constexpr std::size_t max_id_shown = 128;

constexpr std::array<policy::Key, 1> extension_keys{{{"host_id_mappings", ""}}};
constexpr std::array<policy::Key, 2> sid_keys{{{"sid", ""}, {"user", ""}}};
constexpr std::array<policy::Key, 2> spiffe_keys{{{"id", ""}, {"user", ""}}};
constexpr std::array<policy::Key, 2> realm_keys{{{"realm", ""}, {"user", ""}}};

class Reader {
public:
  Reader(const policy::Documents& documents, const std::vector<Anchor>& anchors, Report& report)
      : documents_(documents), anchors_(anchors), report_(report) {}

  ExtensionRules read(const Texts& host_ids) {
    out_.host_ids = host_ids;
    read_host_id_mappings();
    documents_.each("sid", [&](const toml::table& table, std::uint32_t file) {
      const Table in("sid", table, file, sid_keys, report_);
      read_named(in, "sid", out_.sids, [](const Table&, const std::string& text) {
        return is_sid(text) ? "" : "is not as S-1-5-21-1-2-3-1001";
      });
    });
    documents_.each("spiffe", [&](const toml::table& table, std::uint32_t file) {
      const Table in("spiffe", table, file, spiffe_keys, report_);
      read_named(in, "id", out_.spiffe_ids,
                 [&](const Table&, const std::string& text) { return flaw_of_spiffe_id(text); });
    });
    read_realms("upn", "{subject_nt_principal.short_name}",
                {From::NtPrincipal, From::Pkinit, From::Principal}, out_.upns);
    read_realms("email", "{subject_rfc822_name.short_name}", {From::Email}, out_.emails);
    return std::move(out_);
  }

private:
  [[nodiscard]] bool has_high_trust() const {
    return std::ranges::any_of(anchors_, &Anchor::high_trust);
  }
  // One with high_trust; where there is none at all, that is told already.
  [[nodiscard]] bool some_anchor(const std::function<bool(const Anchor&)>& is) const {
    return !has_high_trust() || std::ranges::any_of(anchors_, [&](const Anchor& anchor) {
      return anchor.high_trust && is(anchor);
    });
  }

  void need_high_trust(const Table& in) {
    if (!has_high_trust())
      report_.add(in.place(), in.name(), "no anchor has high_trust = true: this could never match");
  }

  void read_host_id_mappings() {
    const auto [table, file, is_there] = documents_.only("extension");
    const Table in("extension", *table, file, extension_keys, report_);
    in.read("host_id_mappings", out_.host_id_mappings);
    if (!out_.host_id_mappings)
      return;
    need_high_trust(in);
    if (out_.host_ids.empty())
      in.conflict("host_id_mappings",
                  "needs mapd.host_ids, which says what this host is called in certificates");
  }

  [[nodiscard]] std::string flaw_of_spiffe_id(const std::string& text) const {
    const auto id = parse_spiffe_id(text);
    if (!id)
      return "is not as spiffe://example.org/web";
    const auto speaks_for = [&](const Anchor& anchor) {
      return std::ranges::find(anchor.spiffe_trust_domains, id->trust_domain) !=
             anchor.spiffe_trust_domains.end();
    };
    return some_anchor(speaks_for)
               ? ""
               : fmt::format("could never match: no anchor with high_trust has \"{}\" among its "
                             "spiffe_trust_domains",
                             id->trust_domain);
  }

  template<class Flaw>
  void read_named(const Table& in, std::string_view key,
                  std::map<std::string, NamedUser, std::less<>>& to, Flaw flaw_of) {
    need_high_trust(in);
    const auto name = in.text(key);
    const auto user = in.text("user");
    if (!in.has(key))
      in.missing(key, "whose user is to be told");
    if (!in.has("user"))
      in.missing("user", "whose certificate it is");
    if (name) {
      if (const std::string flaw = flaw_of(in, *name); !flaw.empty())
        in.problem(*in.find(key), fmt::format("\"{}\" {}", escape(*name, max_id_shown), flaw));
    }
    if (user) {
      if (const auto flaw = flaw_of_user_name(*user); !flaw.empty())
        in.problem(*in.find("user"), "cannot be the name of a user: it " + flaw);
    }
    if (!name || !user)
      return;
    const auto [found, is_new] = to.try_emplace(*name, NamedUser{*user, report_.where(in.place())});
    if (!is_new)
      in.problem(*in.find(key), fmt::format("\"{}\" is there already, in {}",
                                            escape(*name, max_id_shown), found->second.where));
    if (to.size() == ExtensionRules::max_entries + 1)
      in.problem(*in.find(key),
                 fmt::format("there are more than {} of these", ExtensionRules::max_entries));
  }

  void read_realms(std::string_view kind, std::string_view otherwise,
                   std::initializer_list<From> from, std::vector<RealmUser>& to) {
    documents_.each(kind, [&](const toml::table& table, std::uint32_t file) {
      const Table in(std::string(kind), table, file, realm_keys, report_);
      need_high_trust(in);
      if (!in.has("realm"))
        return in.missing("realm", "names of any other would do");
      const auto user = read_user(in, otherwise, false);
      if (!user)
        return;
      const auto& parsed = **user;
      if (std::ranges::find(from, parsed.from()) == from.end())
        return in.problem(*in.find("user"),
                          fmt::format("must be made from a name as {} is", otherwise));
      if (kind == "upn" && !some_anchor([&](const Anchor& anchor) {
            return anchor.upn_suffixes.empty() ||
                   std::ranges::find(anchor.upn_suffixes, parsed.realm()) !=
                       anchor.upn_suffixes.end();
          }))
        in.problem(*in.find("realm"), "could never match: no anchor with high_trust has it among "
                                      "its upn_suffixes");
      for (const auto& other : to) {
        if (other.user.realm() == parsed.realm() && other.user.from() == parsed.from())
          in.problem(*in.find("realm"), fmt::format("is there already, in {}", other.where));
      }
      to.push_back({parsed, report_.where(in.place())});
    });
  }

  const policy::Documents& documents_;
  const std::vector<Anchor>& anchors_;
  Report& report_;
  ExtensionRules out_;
};

} // namespace

ExtensionRules read_extensions(const policy::Documents& documents, const Texts& host_ids,
                               const std::vector<Anchor>& anchors, Report& report) {
  return Reader(documents, anchors, report).read(host_ids);
}

} // namespace ktls::identity
