import InferenceService
import Testing

@Suite struct RouteTests {
    @Test func everyPathHasItsRoute() {
        let routes: [(String, Route)] = [
            ("/", .page), ("/docs", .documentation), ("/openapi.json", .openAPI), ("/metrics", .metrics), ("/v2/health/live", .live),
            ("/v2/health/ready", .ready), ("/v1/schema", .schema), ("/v1/models", .models), ("/v1/sessions:score", .score),
            ("/v1/sessions:rank", .rank), ("/v1/sessions:credit", .credit), ("/v1/sessions:batch", .batch),
            ("/v1/sessions/s/events", .sessionEvents("s")), ("/v1/sessions/events", .session("events")), ("/v1/embeddings", .embeddings),
            ("/v2", .inference), ("/v2/models/bank", .inferenceModel("bank")), ("/v2/models/bank/ready", .inferenceReady("bank")),
            ("/v2/models/bank/infer", .infer("bank")), ("/v1/admin:reload", .reload),
            ("/v2/models/bank/versions/1", .inferenceModel("bank")), ("/v2/models/bank/versions/x%20y/infer", .infer("bank")),
            ("/v2/models/ready", .inferenceModel("ready")), ("/v1/sessions/a%2Fb", .session("a/b")), ("/v1/sessions/%C3%BC", .session("ü")),
            ("/v1/sessions/%25", .session("%")),
        ]
        for (path, route) in routes { #expect(Route(path: path[...]) == route, "\(path)") }
        #expect(Set(routes.map(\.1.number)) == Set(Route.templates.indices))
    }

    @Test(arguments: [
        "", "v1/schema", "//", "/docs/", "/v1", "/v1/", "/v1/sessions", "/v1/sessions/", "/v1/sessions//events", "/v1/sessions/s/",
        "/v1/sessions/s/event",
        "/v1/sessions/s/events/x", "/v1/sessions/%", "/v1/sessions/%2", "/v1/sessions/%zz", "/v1/sessions/%FF", "/v1/sessions/%C3",
        "/V1/schema", "/v2/models",
        "/v2/models/", "/v2/models/b/versions", "/v2/models/b/versions/", "/v2/models/b/x", "/v2/models/b/infer/x", "/v1/sessions:score/",
        "/../v1/schema",
    ])
    func otherPathsHaveNone(path: String) { #expect(Route(path: path[...]) == nil) }

    @Test func parametersAreFoundByTheirWholeName() {
        #expect(Route.parameter("bundle", in: "bundle=bank") == "bank")
        #expect(Route.parameter("bundle", in: "x=1&bundle=a%2Fb&bundle=c") == "a/b")
        for query in ["", "bundles=x", "xbundle=x", "bundle", "bundle=", "&&", "bundle=%FF", "bundle=%"] {
            #expect(Route.parameter("bundle", in: query[...]) == nil, "\(query)")
        }
    }

    @Test func onlyRoutesThatWriteTakePost() {
        for path in ["/", "/metrics", "/v1/schema", "/v2", "/v2/models/b"] { #expect(Route(path: path[...])?.methods == ["GET", "HEAD"]) }
        for path in ["/v1/sessions:score", "/v1/embeddings", "/v1/admin:reload", "/v1/sessions/s/events"] {
            #expect(Route(path: path[...])?.methods == ["POST"])
        }
        #expect(Route(path: "/v1/sessions/s")?.methods == ["GET", "HEAD", "DELETE"])
    }
}
