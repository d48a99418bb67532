// What the tests of the journal share: a database whose writer is watched, SQL as the engine runs
// it, and records in words.
//
// For tests only; not part of the library.
#pragma once

#include <set>

#include "journal/journal.h"
#include "store/store_testing.h"

namespace outboard::journal::trial {

struct JournalTrial : StoreTrial {
  explicit JournalTrial(const std::string& path = "trial", Storage storage = Storage::memory)
      : StoreTrial(path, storage), journal(std::move(*Journal::open(writer(), platform))) {}

  // Runs a script up to the first statement that fails. "ok", or the error's code and sentence.
  std::string run(std::string_view sql) {
    std::string text(sql);
    for (std::string_view rest = text; !rest.empty();) {
      auto prepared = writer().prepare_next(rest);
      if (!prepared) return said(prepared.error());
      if (!prepared->statement) break;
      rest = prepared->rest;
      if (auto done = to_end(*prepared->statement); !done) return said(done.error());
    }
    return "ok";
  }

  // All cells of all rows, "1 a|2 b".
  std::string ask(std::string_view sql) {
    std::string text;
    auto prepared = writer().prepare(sql);
    if (!prepared) return said(prepared.error());
    auto& statement = *prepared->statement;
    for (;;) {
      auto row = statement.step();
      if (!row) return said(row.error());
      if (!*row) return text;
      if (!text.empty()) text += '|';
      for (std::size_t i = 0; i < statement.column_count(); ++i)
        text += (i ? " " : "") + std::string(statement.text(static_cast<int>(i)));
    }
  }

  struct Record {
    Intent intent;
    LocalEffect effect;
  };
  std::vector<Record> records() {
    std::vector<Record> all;
    auto rows = writer().prepare_own(
        "select intent, digest, effect, time, replica from sqlite_outboard_record order by n");
    if (!rows) return all;
    for (auto row = (*rows)->step(); row && *row; row = (*rows)->step()) {
      auto intent = (*rows)->blob(0), digest = (*rows)->blob(1);
      EXPECT_EQ(to_hex(digest), to_hex(sha256(intent)));
      all.push_back({*decode_intent(intent), *decode_effect((*rows)->blob(2))});
      EXPECT_EQ(all.back().intent.stamp.time, static_cast<std::uint64_t>((*rows)->integer(3)));
      EXPECT_EQ(all.back().intent.stamp.replica, static_cast<std::uint64_t>((*rows)->integer(4)));
    }
    return all;
  }

  // The newest record: "+1 a=1 b='x' (); -2; 3 a=2 (a=1)", what rows had before in parentheses.
  std::string last() {
    auto all = records();
    return all.empty() ? "none" : in_words(all.back());
  }

  std::string in_words(const Record& record) {
    std::string text;
    for (std::size_t i = 0; i < record.intent.rows.size(); ++i) {
      const auto& change = record.intent.rows[i];
      const auto& before = record.effect.at(i);
      EXPECT_EQ(change.row, before.row);
      if (!text.empty()) text += "; ";
      text += change.verb == Verb::insert ? "+" : change.verb == Verb::remove ? "-" : "";
      text += key_in_words(change.row.key);
      if (change.moved_from) text += " from " + key_in_words(*change.moved_from);
      if (!change.columns.empty()) text += " " + in_words(change.row.table, change.columns);
      if (!before.columns.empty()) text += " (" + in_words(change.row.table, before.columns) + ")";
    }
    return text;
  }

  std::unique_ptr<Journal> journal;

 protected:
  static std::string key_in_words(const Bytes& key) {
    std::string text;
    for (cbor::Reader in(key); !in.at_end() && in.ok();)
      text += (text.empty() ? "" : ",") + to_sql_literal(in.value().to_value());
    return text;
  }

 private:
  static std::string said(const Error& error) {
    return std::string(name_of(error.code)) + ": " + error.message;
  }

  // Whoever reads rows of a writing statement puts a savepoint around it.
  Result<void> to_end(Statement& statement) {
    bool returns = statement.has_columns() && !statement.traits().reads_only;
    if (returns) TRY(writer().run("savepoint trial"));
    auto done = [&]() -> Result<void> {
      while (TRY(statement.step())) {
      }
      return {};
    }();
    if (!returns || !writer().in_transaction()) return done;
    statement.reset();
    if (done) done = writer().run("release trial");
    if (!done && writer().in_transaction()) {
      TRY(writer().run("rollback to trial"));
      TRY(writer().run("release trial"));
    }
    return done;
  }

  // By name.
  std::string in_words(TableId table, const std::vector<ColumnWrite>& writes) {
    std::set<std::string> words;
    for (const auto& write : writes)
      words.insert(name_of_column(table, write.column) + "=" + to_sql_literal(write.value));
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
    return text;
  }

  std::string name_of_column(TableId table, ColumnId column) {
    auto known = kept_names_.find({table, column});
    if (known == kept_names_.end()) {
      auto names = writer().prepare("select name from sqlite_schema where type = 'table'");
      for (auto row = names->statement->step(); row && *row; row = names->statement->step()) {
        auto inspected = inspect(writer(), names->statement->text(0), Keys::application);
        if (!inspected) continue;
        for (const auto& each : inspected->columns)
          kept_names_[{inspected->id, each.id}] = each.name;
      }
    }
    return kept_names_[{table, column}];
  }

  std::map<std::pair<TableId, ColumnId>, std::string> kept_names_;
};

}  // namespace outboard::journal::trial
