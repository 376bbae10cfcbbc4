// SPDX-License-Identifier: GPL-2.0-or-later
#include "identity/pattern.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <regex.h>

#include <random>

namespace ktls::identity {
namespace {

Pattern pattern(std::string_view text) {
  auto parsed = Pattern::parse(text);
  EXPECT_TRUE(parsed.has_value()) << text << ": " << parsed.error();
  return *std::move(parsed);
}
bool matches(std::string_view text, std::string_view on) {
  return pattern(text).matches(on);
}
std::string problem(std::string_view text) {
  const auto parsed = Pattern::parse(text);
  return parsed ? "" : parsed.error();
}

TEST(Pattern, HasToMatchAll) {
  EXPECT_TRUE(matches("alice", "alice"));
  EXPECT_FALSE(matches("alice", "malice"));
  EXPECT_FALSE(matches("alice", "alice2"));
  EXPECT_FALSE(matches("alice", ""));
  EXPECT_FALSE(matches("CN=alice", "CN=alice,O=Evil"));
}

// What an anchor in front of one alternative, or behind another, would leave open.
TEST(Pattern, HasToMatchAllWithEachAlternative) {
  for (const char* text : {"alice|bob", "^alice|bob$", "(alice)|(bob)"}) {
    EXPECT_TRUE(matches(text, "alice")) << text;
    EXPECT_TRUE(matches(text, "bob")) << text;
    EXPECT_FALSE(matches(text, "alicex")) << text;
    EXPECT_FALSE(matches(text, "xbob")) << text;
  }
  EXPECT_NE(problem("a)|(b"), "") << "would end a group around it";
  EXPECT_TRUE(matches("a|ab", "ab")) << "the longer one counts";
}

TEST(Pattern, DoesNotStopAtALine) {
  EXPECT_FALSE(matches("alice", "alice\nO=Evil"));
  EXPECT_FALSE(matches("alice$", "alice\nO=Evil"));
  EXPECT_FALSE(matches("alice", std::string_view("alice\0x", 7)));
}

TEST(Pattern, KnowsRepetitions) {
  EXPECT_TRUE(matches("a*b", "b"));
  EXPECT_TRUE(matches("a*b", "aaab"));
  EXPECT_FALSE(matches("a+b", "b"));
  EXPECT_TRUE(matches("a+b", "aab"));
  EXPECT_TRUE(matches("(ab)?c", "c"));
  EXPECT_FALSE(matches("(ab)?c", "ababc"));
  EXPECT_TRUE(matches("a{2,3}", "aaa"));
  EXPECT_FALSE(matches("a{2,3}", "a"));
  EXPECT_FALSE(matches("a{2,3}", "aaaa"));
  EXPECT_TRUE(matches("(ab){2}", "abab"));
  EXPECT_TRUE(matches("a{2,}", "aaaaa"));
  EXPECT_FALSE(matches("a{2,}", "a"));
  EXPECT_TRUE(matches("(a*)*b", "aab"));
  EXPECT_TRUE(matches("\xc3\xa9+", "\xc3\xa9\xc3\xa9")) << "of a character, not its last byte";
}

TEST(Pattern, KnowsBrackets) {
  EXPECT_TRUE(matches("[a-c]+", "abc"));
  EXPECT_FALSE(matches("[a-c]", "d"));
  EXPECT_TRUE(matches("[^,]*,O=x", "CN=a,O=x"));
  EXPECT_FALSE(matches("[^,]*,O=x", "CN=a,OU=b,O=x"));
  EXPECT_TRUE(matches("[]^-]+", "]-^"));
  EXPECT_TRUE(matches("[\\]", "\\"));
  EXPECT_TRUE(matches("[[:alpha:]_]+", "a_B"));
  EXPECT_FALSE(matches("[[:digit:]]", "x"));
}

TEST(Pattern, TakesEscapedCharactersLiterally) {
  EXPECT_TRUE(matches("a\\.b", "a.b"));
  EXPECT_FALSE(matches("a\\.b", "axb"));
  EXPECT_TRUE(matches("CN=a\\\\,b", "CN=a\\,b"));
}

TEST(Pattern, RefusesWhatMeansSomethingElseElsewhere) {
  for (const char* text :
       {"\\<a",   "\\w+",       "(a)\\1",   "\\",    "*a",      "a**",     "a|",
        "|a",     "()",         "(a",       "a)",    "[a",      "a{",      "a{x}",
        "a{3,2}", "a{0}",       "a{1,256}", "[b-a]", "[[.a.]]", "[[=a=]]", "[[:nix:]]",
        "^*",     "[\xc3\xa9]", "\xff",     ""})
    EXPECT_NE(problem(text), "") << text;
  EXPECT_EQ(problem(std::string_view("a\0b", 3)),
            "there is something that is no text in UTF-8, at byte 1 of the regular expression");
  EXPECT_EQ(problem("ab*?"), "there is nothing that could be repeated, at byte 4 of the regular "
                             "expression");
}

TEST(Pattern, KnowsItsFixedEnd) {
  EXPECT_EQ(pattern(".*,O=Example").fixed_end(), ",O=Example");
  EXPECT_EQ(pattern("CN=[a-z]+,O=Ex\\.$").fixed_end(), ",O=Ex.");
  EXPECT_EQ(pattern(".*,O=Example+").fixed_end(), "");
  EXPECT_EQ(pattern("CN=a,O=(x)").fixed_end(), "");
  EXPECT_EQ(pattern("a,O=x|b,O=x").fixed_end(), "");
  EXPECT_EQ(pattern("(a|b),O=x").fixed_end(), ",O=x");
  for (const char* text : {"alice", "^alice$", "al\\.ice"})
    EXPECT_TRUE(pattern(text).is_literal()) << text;
  for (const char* text : {".*", "a|b", "(a)", "a+", "[a]"})
    EXPECT_FALSE(pattern(text).is_literal()) << text;
}

TEST(Pattern, MatchesNothingBehindItsEnd) {
  for (const char* text : {"a^b", "a$b", "a^", "$a", "(a^)b"})
    EXPECT_FALSE(matches(text, "ab") || matches(text, "a") || matches(text, "")) << text;
}

TEST(Pattern, HasLimits) {
  EXPECT_NE(problem(std::string(513, 'a')), "");
  EXPECT_EQ(problem(std::string(512, 'a')), "");
  EXPECT_NE(problem("((a{255}){255}){255}"), "");
  EXPECT_NE(problem(std::string(17, '(') + "a" + std::string(17, ')')), "");
  EXPECT_EQ(problem(std::string(16, '(') + "a" + std::string(16, ')')), "");
  std::string stars(16, '(');
  stars += "a";
  for (int i = 0; i < 16; ++i)
    stars += ")*";
  EXPECT_EQ(problem(stars), "");
}

// Each text of 2^200 ways through it.
TEST(Pattern, IsNotSlowForAnyText) {
  const auto slow = pattern(".*a.{200}(.*a.*){20}(a*)*(a|aa)*x");
  const std::string text(1024, 'a');

  EXPECT_TRUE(slow.matches(text + "x"));
  EXPECT_FALSE(slow.matches(text.substr(0, 100) + "x"));
  EXPECT_GT(slow.cost(text + "x"), 200'000U);
  EXPECT_EQ(slow.cost(text), 0U) << "its end says so";
}

// As regexec() has it, for all that both take.
class RandomPattern {
public:
  explicit RandomPattern(unsigned seed) : random_(seed) {}
  std::string pattern(unsigned depth = 3) {
    std::string out = piece(depth);
    for (unsigned i = number(3); i > 0; --i)
      out += (number(4) == 0 ? "|" : "") + piece(depth);
    return out;
  }
  std::string text() {
    std::string out;
    for (unsigned i = number(8); i > 0; --i)
      out += static_cast<char>('a' + number(3));
    return out;
  }

private:
  unsigned number(unsigned below) { return static_cast<unsigned>(random_()) % below; }
  std::string piece(unsigned depth) {
    static constexpr std::array<const char*, 8> atoms{"a",    "b",    "c",     ".",
                                                      "[ab]", "[^a]", "[a-c]", "b"};
    static constexpr std::array<const char*, 9> repeats{"",  "",    "",      "*",   "+",
                                                        "?", "{2}", "{1,2}", "{1,}"};
    const auto atom =
        depth > 0 && number(3) == 0 ? "(" + pattern(depth - 1) + ")" : atoms.at(number(8));
    return atom + repeats.at(number(9));
  }
  std::mt19937 random_;
};

bool regexec_matches(const std::string& pattern, const std::string& text) {
  regex_t compiled{};
  EXPECT_EQ(regcomp(&compiled, ("^(" + pattern + ")$").c_str(), REG_EXTENDED | REG_NOSUB), 0);
  const bool found = regexec(&compiled, text.c_str(), 0, nullptr, 0) == 0;
  regfree(&compiled);
  return found;
}

TEST(Pattern, AgreesWithRegexec) {
  RandomPattern random(1);
  unsigned found = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto text = random.pattern();
    const auto ours = pattern(text);
    for (int j = 0; j < 10; ++j) {
      const auto on = random.text();
      const bool expected = regexec_matches(text, on);
      ASSERT_EQ(ours.matches(on), expected) << text << " on " << on;
      found += expected ? 1 : 0;
    }
  }
  EXPECT_GT(found, 1000U);
}

} // namespace
} // namespace ktls::identity
