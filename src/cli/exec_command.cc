// outboard exec: runs SQL and prints what comes back.

#include <cstdio>
#include <string>
#include <vector>

#include <CLI/App.hpp>

#include "base/limits.h"
#include "cli/command.h"
#include "cli/database_file.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/plain_value.h"

namespace outboard::cli {

namespace {

struct ExecArguments {
  std::string file;
  std::vector<std::string> statements;
  std::vector<std::string> params;
  bool create = false;
  bool atomic = false;
  bool json = false;
  bool csv = false;
};

Result<std::string> standard_input() {
  std::string sql;
  char buffer[64 << 10];
  for (std::size_t got; (got = std::fread(buffer, 1, sizeof buffer, stdin)) > 0;) {
    sql.append(buffer, got);
    if (sql.size() > limits::sql_bytes_max)
      return fail(Code::too_large, "a script has up to 16 MiB",
                  "large ones: outboard import FILE dump.sql");
  }
  return sql;
}

// `:name=value` is by name, everything else in order.
Result<Params> params_of(const std::vector<std::string>& given) {
  std::vector<Value> in_order;
  Params::Named by_name;
  for (auto& param : given) {
    auto equals = param.find('=');
    bool is_named = !param.empty() && std::string(":@$").find(param[0]) != std::string::npos &&
                    equals != std::string::npos;
    if (is_named) {
      by_name.emplace_back(param.substr(0, equals), value_of(param.substr(equals + 1)));
    } else {
      in_order.push_back(value_of(param));
    }
  }
  if (by_name.empty()) return Params(std::move(in_order));
  if (!in_order.empty())
    return fail(Code::bad_request, "parameters are given either all by name or all in order",
                "--param :name=value names one");
  return Params::named(std::move(by_name));
}

Result<void> run_all(Session& session, const std::vector<Sql>& statements, Format format) {
  for (auto& sql : statements) {
    auto rows = await(session.exec(sql));
    if (!rows && interrupted()) return interrupted_error();
    if (!rows) return rows.error();
    TRY(print(*rows, format));
  }
  return {};
}

Result<void> run(const ExecArguments& arguments) {
  auto params = TRY(params_of(arguments.params));
  if (!params.empty() && arguments.statements.size() > 1)
    return fail(Code::bad_request, "parameters belong to one statement, and there are several",
                "run them one by one, or write the values into the SQL");
  std::vector<Sql> statements;
  for (auto& given : arguments.statements)
    statements.emplace_back(given == "-" ? TRY(standard_input()) : given, params);

  catch_interrupts(SecondInterrupt::ends_the_program);
  auto if_missing = arguments.create ? IfMissing::create : IfMissing::refuse;
  auto db = TRY(open_file(arguments.file, if_missing));
  auto format = arguments.json ? Format::json : arguments.csv ? Format::csv : Format::table;
  if (!arguments.atomic) return run_all(db, statements, format);
  return db.transaction(
      [&](Transaction& transaction) { return run_all(transaction, statements, format); });
}

}  // namespace

Command add_exec_command(CLI::App& outboard) {
  auto* parser = outboard.add_subcommand("exec", "Run SQL and print what comes back");
  auto arguments = std::make_shared<ExecArguments>();
  parser->add_option("FILE", arguments->file, "The database")->required();
  parser
      ->add_option("SQL", arguments->statements,
                   "Statements or scripts, in order; - reads one from standard input")
      ->required();
  parser
      ->add_option("-p,--param", arguments->params,
                   "What goes in for a ?, in order; or :NAME=VALUE. 42, 1.5, null and x'00ff' are "
                   "what they look like, 'in quotes' and everything else is a text")
      ->type_name("VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  parser->add_flag("--atomic", arguments->atomic, "All of it in one transaction, or nothing");
  parser->add_flag("--create", arguments->create, "Make the file if it is not there");
  auto* json = parser->add_flag("--json", arguments->json, "A JSON object for each row");
  parser->add_flag("--csv", arguments->csv, "CSV with a header")->excludes(json);
  parser->footer(
      "Example: what was written last\n"
      "  outboard exec notes.db 'select title from note order by id desc limit 5'\n"
      "Example: with parameters\n"
      "  outboard exec notes.db 'insert into note values (uuid7(), ?)' -p \"Sea\"\n"
      "  outboard exec notes.db 'select * from note where title = :t' -p :t=Sea --json");
  return {parser, [arguments] { return run(*arguments); }};
}

}  // namespace outboard::cli
