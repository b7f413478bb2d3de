// See report.h.
#include "tools/doctor/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace tools::doctor {
namespace {

// The number of the JSON form; it grows when a member changes its meaning or goes away.
constexpr int kFormat = 1;
constexpr std::string_view kAdviceIndent = "        -> ";

std::string_view mark(Level level) {
  switch (level) {
    case Level::kGood:
      return "ok   ";
    case Level::kInfo:
      return "-    ";
    case Level::kWarning:
      return "look ";
    case Level::kBad:
      break;
  }
  return "BAD  ";
}

std::string line_of(const Finding& finding) {
  const std::string about = finding.subject.empty() ? std::string() : printable(finding.subject) + ": ";
  return fmt::format("{}{}", about, printable(finding.text));
}

std::string plural(size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string verdict(const Report& report) {
  const size_t bad = report.count(Level::kBad);
  const size_t warnings = report.count(Level::kWarning);
  const std::string looks =
      warnings == 0 ? std::string() : plural(warnings, "thing", "things") + " to look at";
  if (bad == 0) return looks.empty() ? "healthy" : "healthy; " + looks;
  return plural(bad, "thing is wrong", "things are wrong") + (looks.empty() ? "" : "; " + looks);
}

}  // namespace

size_t Report::count(Level level) const {
  size_t count = 0;
  for (const Section& section : sections) {
    count += static_cast<size_t>(std::count_if(section.findings.begin(), section.findings.end(),
                                               [&](const Finding& f) { return f.level == level; }));
  }
  return count;
}

const char* level_name(Level level) {
  switch (level) {
    case Level::kGood:
      return "good";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    case Level::kBad:
      break;
  }
  return "bad";
}

std::vector<std::string> page(const Report& report, const Console* console) {
  const auto bold = [&](const std::string& text) { return console == nullptr ? text : console->bold(text); };
  std::vector<std::string> lines;
  for (const Section& section : report.sections) {
    lines.push_back(bold(section.title));
    for (const Finding& finding : section.findings) {
      const bool loud = finding.level == Level::kBad || finding.level == Level::kWarning;
      const std::string text = fmt::format("{} {}", mark(finding.level), line_of(finding));
      lines.push_back("  " + (loud ? bold(text) : text));
      if (!finding.advice.empty()) lines.push_back(std::string(kAdviceIndent) + printable(finding.advice));
    }
  }
  lines.push_back("");
  lines.push_back(bold(verdict(report)));
  return lines;
}

boost::json::object to_json(const Report& report) {
  boost::json::array sections;
  for (const Section& section : report.sections) {
    boost::json::array findings;
    for (const Finding& finding : section.findings) {
      findings.push_back(boost::json::object{{"id", finding.id},
                                             {"level", level_name(finding.level)},
                                             {"subject", finding.subject},
                                             {"text", finding.text},
                                             {"advice", finding.advice},
                                             {"facts", finding.facts}});
    }
    sections.push_back(
        boost::json::object{{"id", section.id}, {"title", section.title}, {"findings", std::move(findings)}});
  }
  return {{"format", kFormat},
          {"ctrmeta", CTRMETA_VERSION},
          {"healthy", report.healthy()},
          {"bad", report.count(Level::kBad)},
          {"warnings", report.count(Level::kWarning)},
          {"sections", std::move(sections)}};
}

}  // namespace tools::doctor
