import ArrowExchange
import CArrow
import Testing

/// Arrays that break the rules, as a broken producer would hand them over: refused, never followed.
struct ForeignArrayTests {
    /// Passes a batch whose first column `change` has spoilt.
    private func spoiling(_ field: ArrowField, _ values: ArrowValues, _ change: @escaping (UnsafeMutablePointer<ArrowArray>) -> Void) throws
        -> String?
    {
        var inner = ArrowArrayStream()
        var left = [[values]]
        ArrowExport.stream([field], into: &inner) { () throws(ArrowError) in left.popLast() }
        final class Spoiler {
            var inner: ArrowArrayStream
            let change: (UnsafeMutablePointer<ArrowArray>) -> Void
            init(_ inner: ArrowArrayStream, _ change: @escaping (UnsafeMutablePointer<ArrowArray>) -> Void) {
                (self.inner, self.change) = (inner, change)
            }
            static func of(_ stream: UnsafeMutablePointer<ArrowArrayStream>?) -> Spoiler {
                Unmanaged<Spoiler>.fromOpaque(stream!.pointee.private_data).takeUnretainedValue()
            }
        }
        var outer = ArrowArrayStream()
        outer.private_data = Unmanaged.passRetained(Spoiler(inner, change)).toOpaque()
        outer.get_schema = { stream, schema in
            let spoiler = Spoiler.of(stream)
            return withUnsafeMutablePointer(to: &spoiler.inner) { $0.pointee.get_schema($0, schema) }
        }
        outer.get_next = { stream, array in
            let spoiler = Spoiler.of(stream)
            let code = withUnsafeMutablePointer(to: &spoiler.inner) { $0.pointee.get_next($0, array) }
            if code == 0, array!.pointee.release != nil { spoiler.change(array!.pointee.children[0]!) }
            return code
        }
        outer.get_last_error = { _ in nil }
        outer.release = { stream in
            let spoiler = Spoiler.of(stream)
            withUnsafeMutablePointer(to: &spoiler.inner) { $0.pointee.release?($0) }
            Unmanaged<Spoiler>.fromOpaque(stream!.pointee.private_data).release()
            stream!.pointee.release = nil
        }
        let stream = try ArrowStream(taking: &outer, place: "test")
        do throws(ArrowError) {
            _ = try stream.next()
            return nil
        } catch { return error.reason }
    }

    @Test func brokenRulesAreRefused() throws {
        let text = ArrowField("t", .utf8)
        let values = ArrowValues.utf8(["ab", "c"])
        #expect(try spoiling(text, values) { _ in } == nil)
        #expect(try spoiling(text, values) { $0.pointee.n_buffers = 1 }?.contains("buffers") == true)
        #expect(try spoiling(text, values) { $0.pointee.length = -1 }?.contains("length") == true)
        #expect(try spoiling(text, values) { $0.pointee.offset = -4 }?.contains("offset") == true)
        #expect(try spoiling(text, values) { $0.pointee.length = 1 }?.contains("shorter") == true)
        #expect(try spoiling(text, values) { $0.pointee.buffers[1] = nil }?.contains("missing") == true)
        #expect(
            try spoiling(text, values) {
                UnsafeMutableRawPointer(mutating: $0.pointee.buffers[1]!).storeBytes(of: Int32(9), toByteOffset: 4, as: Int32.self)
            }?.contains("rise") == true)
        let words = ArrowField("w", .utf8, dictionaryIndex: .integer(bytes: 4, signed: true))
        #expect(
            try spoiling(words, .dictionary([0, 1], words: ["a", "b"])) {
                UnsafeMutableRawPointer(mutating: $0.pointee.buffers[1]!).storeBytes(of: Int32(2), as: Int32.self)
            }?.contains("dictionary") == true)
        let list = ArrowField("l", .list, children: [ArrowField("element", .integer(bytes: 8, signed: true))])
        #expect(
            try spoiling(list, .list([0, 2], of: .int64([1, 2]))) {
                UnsafeMutableRawPointer(mutating: $0.pointee.buffers[1]!).storeBytes(of: Int32(3), toByteOffset: 4, as: Int32.self)
            }?.contains("rise") == true)
        #expect(
            try spoiling(.floats("e", 2), .floats(ArrowBuffer([Float](repeating: 0, count: 4)), rows: 2, size: 2)) {
                $0.pointee.children[0]!.pointee.length = 3
            }?.contains("shorter") == true)
    }

    @Test func aMissingPluginSaysHowToAddIt() throws {
        do throws(ArrowError) {
            _ = try ArrowPlugin(at: "no/such/plugin.so")
            Issue.record("there is none")
        } catch { #expect(error.description.contains("tools/install-arrow")) }
    }
}
