internal import ArrowExchange

/// Outputs that are Parquet by the end of their name.
enum ParquetOutput {
    /// Whether a name asks for Parquet.
    static func isNamed(by path: String) -> Bool { path.lowercased().hasSuffix(".parquet") }

    /// The plugin that an output needs, opened before the work; nil where it needs none.
    static func plugin(for path: String) throws(ArrowError) -> ArrowPlugin? { isNamed(by: path) ? try ArrowPlugin() : nil }
}
