// A client of the API of connect-go, without generated code: services come from a descriptor set of
// protoc. Reads a call a line from standard input, answers a line each:
//
//	{"service": "carillon.v1.TokenService", "method": "GetCaller", "request": {}, "headers": {}}
//	{"code": "ok", "response": {...}} or {"code": "not_found", "message": "...", "details": [...]}
//
//	client connect-json|connect-binary|grpc http://HOST:PORT services.binpb
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

type call struct {
	Service string            `json:"service"`
	Method  string            `json:"method"`
	Request json.RawMessage   `json:"request"`
	Headers map[string]string `json:"headers"`
}

type answer struct {
	Code     string            `json:"code"`
	Message  string            `json:"message,omitempty"`
	Response json.RawMessage   `json:"response,omitempty"`
	Details  []json.RawMessage `json:"details,omitempty"`
}

type client struct {
	http    *http.Client
	base    string
	options []connect.ClientOption
	files   *protoregistry.Files
	types   *dynamicpb.Types
}

func main() {
	if len(os.Args) != 4 {
		log.Fatal("client connect-json|connect-binary|grpc URL DESCRIPTORS")
	}
	c, err := newClient(os.Args[1], os.Args[2], os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var asked call
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			log.Fatal(err)
		}
		told, err := c.answer(asked)
		if err != nil {
			log.Fatal(err)
		}
		line, err := json.Marshal(told)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(string(line))
	}
}

func newClient(protocol, base, descriptors string) (*client, error) {
	bytes, err := os.ReadFile(descriptors)
	if err != nil {
		return nil, err
	}
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(bytes, &set); err != nil {
		return nil, err
	}
	files, err := protodesc.NewFiles(&set)
	if err != nil {
		return nil, err
	}
	c := &client{base: base, files: files, types: dynamicpb.NewTypes(files), http: &http.Client{}}
	switch protocol {
	case "connect-json":
		c.options = append(c.options, connect.WithCodec(jsonCodec{c.types}))
	case "connect-binary":
	case "grpc":
		protocols := new(http.Protocols)
		protocols.SetUnencryptedHTTP2(true)
		c.http.Transport = &http.Transport{Protocols: protocols}
		c.options = append(c.options, connect.WithGRPC())
	default:
		return nil, fmt.Errorf("no such protocol: %s", protocol)
	}
	return c, nil
}

// jsonCodec is connect-go's own, but for the types it knows: those of the descriptor set.
type jsonCodec struct{ types *dynamicpb.Types }

func (jsonCodec) Name() string { return "json" }

func (j jsonCodec) Marshal(message any) ([]byte, error) {
	return protojson.MarshalOptions{Resolver: j.types}.Marshal(message.(proto.Message))
}

func (j jsonCodec) Unmarshal(data []byte, message any) error {
	return protojson.UnmarshalOptions{Resolver: j.types}.Unmarshal(data, message.(proto.Message))
}

func (c *client) method(asked call) (protoreflect.MethodDescriptor, error) {
	found, err := c.files.FindDescriptorByName(protoreflect.FullName(asked.Service))
	if err != nil {
		return nil, err
	}
	method := found.(protoreflect.ServiceDescriptor).Methods().ByName(protoreflect.Name(asked.Method))
	if method == nil {
		return nil, fmt.Errorf("no method %s in %s", asked.Method, asked.Service)
	}
	return method, nil
}

func (c *client) answer(asked call) (*answer, error) {
	method, err := c.method(asked)
	if err != nil {
		return nil, err
	}
	message := dynamicpb.NewMessage(method.Input())
	if err := (jsonCodec{c.types}).Unmarshal(asked.Request, message); err != nil {
		return nil, err
	}
	options := append([]connect.ClientOption{connect.WithSchema(method),
		connect.WithResponseInitializer(func(spec connect.Spec, response any) error {
			*response.(*dynamicpb.Message) = *dynamicpb.NewMessage(method.Output())
			return nil
		})}, c.options...)
	caller := connect.NewClient[dynamicpb.Message, dynamicpb.Message](
		c.http, c.base+"/"+asked.Service+"/"+asked.Method, options...)
	request := connect.NewRequest(message)
	for name, value := range asked.Headers {
		request.Header().Set(name, value)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	response, err := caller.CallUnary(ctx, request)
	if err != nil {
		return c.failure(err)
	}
	text, err := jsonCodec{c.types}.Marshal(response.Msg)
	if err != nil {
		return nil, err
	}
	return &answer{Code: "ok", Response: text}, nil
}

func (c *client) failure(err error) (*answer, error) {
	told := &answer{Code: connect.CodeOf(err).String(), Message: err.Error()}
	var failed *connect.Error
	if !errors.As(err, &failed) {
		return told, nil
	}
	told.Message = failed.Message()
	for _, detail := range failed.Details() {
		kind, err := c.types.FindMessageByName(protoreflect.FullName(detail.Type()))
		if err != nil {
			return nil, err
		}
		message := kind.New().Interface()
		if err := proto.Unmarshal(detail.Bytes(), message); err != nil {
			return nil, err
		}
		text, err := jsonCodec{c.types}.Marshal(message)
		if err != nil {
			return nil, err
		}
		told.Details = append(told.Details, text)
	}
	return told, nil
}
