internal import CXGBoost

/// Calls of the C library: an error code becomes a typed error with the library's message.
enum LibraryCall {
    static func check(_ operation: String, _ code: Int32) throws(BoostedTreesError) {
        guard code != 0 else { return }
        throw .library(operation: operation, message: reason(XGBGetLastError().map { String(cString: $0) } ?? "no reason given"))
    }

    /// The first line without time and source file; the rest is a stack trace.
    static func reason(_ message: String) -> String {
        var line = message.split(separator: "\n", omittingEmptySubsequences: true).first ?? "no reason given"
        if line.hasPrefix("["), let end = line.firstIndex(of: "]") { line = line[line.index(after: end)...] }
        let parts = line.split(separator: ": ", maxSplits: 1)
        if parts.count == 2, parts[0].contains("/") { line = parts[1] }
        return String(line.drop { $0 == " " }.prefix(400))
    }

    /// Turns off what the library prints; it keeps the choice for each thread.
    static func quiet() throws(BoostedTreesError) { try check("be quiet", XGBSetGlobalConfig(#"{"verbosity":0}"#)) }
}

/// A table of examples in the library's memory.
///
/// Not for two threads at once: the library keeps what it computed of a table with it.
final class LibraryTable {
    let handle: DMatrixHandle
    let rows: Int

    init(_ features: TreeFeatures) throws(BoostedTreesError) {
        try LibraryCall.quiet()
        var handle: DMatrixHandle?
        let code: Int32 =
            switch features.storage {
            case .dense(let values):
                XGDMatrixCreateFromMat_omp(
                    values, bst_ulong(features.rows), bst_ulong(features.columns), .nan, &handle, 1)
            case .sparse(let offsets, let columns, let values):
                XGDMatrixCreateFromCSREx(offsets, columns, values, offsets.count, values.count, features.columns, &handle)
            }
        try LibraryCall.check("take the features", code)
        guard let handle else { throw .library(operation: "take the features", message: "no table was made") }
        self.handle = handle
        rows = features.rows
    }

    deinit { XGDMatrixFree(handle) }

    func set(targets: [Float], weights: [Float]?) throws(BoostedTreesError) {
        try LibraryCall.check("take the targets", XGDMatrixSetFloatInfo(handle, "label", targets, bst_ulong(targets.count)))
        if let weights {
            try LibraryCall.check("take the weights", XGDMatrixSetFloatInfo(handle, "weight", weights, bst_ulong(weights.count)))
        }
    }

    /// Says which rows stand together. The library wants one weight for a list.
    func set(lists: [Int], targets: [Float], weights: [Float]?) throws(BoostedTreesError) {
        var first = 0
        let ofLists = weights.map { weights in
            lists.map { count in
                defer { first += count }
                return weights[first]
            }
        }
        try set(targets: targets, weights: nil)
        let sizes = lists.map { UInt32($0) }
        try LibraryCall.check("take the lists", XGDMatrixSetUIntInfo(handle, "group", sizes, bst_ulong(sizes.count)))
        if let ofLists {
            try LibraryCall.check("take the weights", XGDMatrixSetFloatInfo(handle, "weight", ofLists, bst_ulong(ofLists.count)))
        }
    }
}

/// A booster in the library's memory. Not for two threads at once: while it grows one thread has it, afterwards a lock guards it.
final class LibraryBooster: @unchecked Sendable {
    /// What a prediction consists of.
    enum Output: Int {
        case value = 0
        case margin = 1
        case contributions = 2
    }

    let handle: BoosterHandle

    init(adopting handle: BoosterHandle) { self.handle = handle }

    init(_ tables: [LibraryTable]) throws(BoostedTreesError) {
        try LibraryCall.quiet()
        var handle: BoosterHandle?
        var handles: [DMatrixHandle?] = []
        for table in tables { handles.append(table.handle) }
        try LibraryCall.check("make a booster", XGBoosterCreate(handles, bst_ulong(handles.count), &handle))
        guard let handle else { throw .library(operation: "make a booster", message: "none was made") }
        self.handle = handle
    }

    deinit { XGBoosterFree(handle) }

    func set(_ name: String, _ value: String) throws(BoostedTreesError) {
        try LibraryCall.check("set \(name)", XGBoosterSetParam(handle, name, value))
    }

    func grow(round: Int, _ table: LibraryTable) throws(BoostedTreesError) {
        try LibraryCall.check("grow a tree", XGBoosterUpdateOneIter(handle, Int32(round), table.handle))
    }

    /// Grows a tree to gradients of ours.
    func grow(_ table: LibraryTable, _ steps: ListwiseGradients) throws(BoostedTreesError) {
        // The library reads them only.
        var (gradients, curvatures) = (steps.gradients, steps.curvatures)
        try LibraryCall.check(
            "grow a tree", XGBoosterBoostOneIter(handle, table.handle, &gradients, &curvatures, bst_ulong(gradients.count)))
    }

    /// Calls `body` with the library's own memory, which it reuses: `expected` values.
    func predict<Result>(
        _ table: LibraryTable, _ output: Output, expected: Int, _ body: (UnsafeBufferPointer<Float>) -> Result
    ) throws(BoostedTreesError) -> Result {
        let settings = #"{"type":\#(output.rawValue),"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":true}"#
        var shape: UnsafePointer<bst_ulong>?
        var (dimensions, values) = (bst_ulong(0), UnsafePointer<Float>?.none)
        try LibraryCall.check(
            "predict", XGBoosterPredictFromDMatrix(handle, table.handle, settings, &shape, &dimensions, &values))
        var count = 1
        for dimension in 0..<Int(dimensions) { count *= Int(shape?[dimension] ?? 0) }
        guard count == expected, let values else { throw .wrongSize(what: "predictions", found: count, expected: expected) }
        return body(UnsafeBufferPointer(start: values, count: count))
    }

    /// Only the first rounds.
    func first(_ rounds: Int) throws(BoostedTreesError) -> LibraryBooster {
        var result: BoosterHandle?
        try LibraryCall.check("keep the best rounds", XGBoosterSlice(handle, 0, Int32(rounds), 1, &result))
        guard let result else { throw .library(operation: "keep the best rounds", message: "no booster was made") }
        return LibraryBooster(adopting: result)
    }

    func rounds() throws(BoostedTreesError) -> Int {
        var rounds: Int32 = 0
        try LibraryCall.check("count its rounds", XGBoosterBoostedRounds(handle, &rounds))
        return Int(rounds)
    }

    func bytes() throws(BoostedTreesError) -> [UInt8] {
        var (count, start) = (bst_ulong(0), UnsafePointer<CChar>?.none)
        try LibraryCall.check("write the model", XGBoosterSaveModelToBuffer(handle, #"{"format":"json"}"#, &count, &start))
        return Array(UnsafeRawBufferPointer(start: start, count: Int(count)))
    }

    func load(_ bytes: [UInt8]) throws(BoostedTreesError) {
        try LibraryCall.check("read the model", XGBoosterLoadModelFromBuffer(handle, bytes, bst_ulong(bytes.count)))
    }
}
