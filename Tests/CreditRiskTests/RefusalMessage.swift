/// What a refusal says, or that there was none.
func refusalMessage(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "nothing was refused"
    } catch { return "\(error)" }
}
