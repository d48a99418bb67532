// outboard check: is the file sound, and is what refers to something referring to something?

#include <cstdio>
#include <string>
#include <vector>

#include <CLI/App.hpp>

#include "capi/json_form.h"
#include "cli/command.h"
#include "cli/database_file.h"
#include "cli/interrupt.h"
#include "cli/output.h"

namespace outboard::cli {

namespace {

struct Finding {
  const char* kind;
  std::string sentence;
};

// A damaged file has damage in plenty: so many findings of a kind are told.
constexpr int findings_max = 100;

Result<Rows> ask(Database& db, Sql sql) {
  auto rows = await(db.exec(std::move(sql)));
  if (!rows && interrupted()) return fail(Code::cancelled, "interrupted: not all was looked at");
  return rows;
}

Result<void> add_integrity(Database& db, std::vector<Finding>& findings) {
  auto rows = TRY(ask(db, "pragma integrity_check(" + std::to_string(findings_max) + ")"));
  for (auto row : rows)
    if (row.text(0) != "ok") findings.push_back({"integrity", std::string(row.text(0))});
  return {};
}

Result<void> add_foreign_keys(Database& db, std::vector<Finding>& findings) {
  auto rows = TRY(ask(db, {"select c.\"table\", c.rowid, c.parent, group_concat(f.\"from\", ', ') "
                           "from pragma_foreign_key_check c "
                           "join pragma_foreign_key_list(c.\"table\") f on f.id = c.fkid "
                           "group by c.\"table\", c.rowid, c.fkid limit ?",
                           {findings_max}}));
  for (auto row : rows) {
    std::string which = row.is_null(1) ? "a row" : "row " + std::to_string(row.integer(1));
    findings.push_back({"foreign_key", which + " of " + std::string(row.text(0)) + ": its " +
                                           std::string(row.text(3)) + " is not in " +
                                           std::string(row.text(2))});
  }
  return {};
}

Result<void> report(const std::vector<Finding>& findings) {
  for (auto& finding : findings) {
    std::string line = "{\"kind\":\"" + std::string(finding.kind) + "\",\"sentence\":";
    json_form::append_text(line, finding.sentence);
    TRY(write(stdout, line + "}\n"));
  }
  return {};
}

struct CheckArguments {
  std::string file;
  bool json = false;
};

Result<void> run(const CheckArguments& arguments) {
  auto& file = arguments.file;
  catch_interrupts(SecondInterrupt::ends_the_program);
  auto db = TRY(open_file(file, IfMissing::refuse));
  std::vector<Finding> findings;
  TRY(add_integrity(db, findings));
  TRY(add_foreign_keys(db, findings));
  if (arguments.json) {
    TRY(report(findings));
  } else {
    for (auto& finding : findings) TRY(write(stdout, finding.sentence + "\n"));
    if (findings.empty()) TRY(write(stdout, file + " is sound\n"));
  }
  if (findings.empty()) return {};
  auto count = std::to_string(findings.size());
  return fail(Code::corrupt,
              count + (findings.size() == 1 ? " thing is" : " things are") + " wrong with " + file,
              "keep the file as it is, and restore a copy; rows that refer to nothing can be "
              "deleted or completed");
}

}  // namespace

Command add_check_command(CLI::App& outboard) {
  auto* parser = outboard.add_subcommand("check", "Look for damage and for dangling foreign keys");
  auto arguments = std::make_shared<CheckArguments>();
  parser->add_option("FILE", arguments->file, "The database")->required();
  parser->add_flag("--json", arguments->json, "A JSON object for each finding");
  parser->footer(
      "Prints a sentence for each finding. Ends with 0 if there is none, with 4 if there are.\n\n"
      "Example: before an upgrade\n"
      "  outboard check notes.db && outboard export notes.db notes.bak.db");
  return {parser, [arguments] { return run(*arguments); }};
}

}  // namespace outboard::cli
