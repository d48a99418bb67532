// Kysely over Outboard: the query builder in the page, the work in the engine.
export { OutboardDialect, type OutboardDialectOptions } from './dialect.js'
