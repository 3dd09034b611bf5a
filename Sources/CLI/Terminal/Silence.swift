/// Keeps a command that is run inside another from writing to standard output and standard error.
enum Silence {
    /// One thread sets it, before and after any other runs.
    nonisolated(unsafe) private(set) static var isKept = false

    static func during<Result>(_ body: () throws -> Result) rethrows -> Result {
        isKept = true
        defer { isKept = false }
        return try body()
    }
}
