// What is there on the first visit.

export const samples = [
  {
    title: 'Packing list for the boat',
    body: `Fuel, spare shear pin, oars all the same.
Life jackets for three.
Thermos, bread, the good knife.
Chart of the skerries, and a pencil that works when wet.`,
  },
  {
    title: 'Things to try on this page',
    body: `Search for a part of a word: "sker" finds the chart of the skerries.
Write a note, wait for the mark to say "Saved", and reload the page.
Delete this note, then take it back.
Press "Write 100,000 rows" below and go on typing here while it works. Then press "The same on this page" and try again.
Export the database and open the file with the sqlite3 command: it is an ordinary SQLite file.`,
  },
  {
    title: 'Welcome aboard',
    body: `An outboard engine hangs off the stern and leaves the whole deck to the crew. This one does the same for a page: SQLite, with full-text search, runs in a Web Worker and keeps its files in the browser's private file system. The page's own thread only draws.

This note is a row of a table. You can change it.`,
  },
]
