// SPDX-License-Identifier: MIT

// Says hello on port 80, to /slow after a second.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	stop, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	server := http.Server{Addr: ":80"}

	http.HandleFunc("/", hello)
	go func() { log.Println(server.ListenAndServe()) }()
	<-stop.Done()
	// No new connections; what is under way is answered.
	if err := server.Shutdown(context.Background()); err != nil {
		log.Fatal(err)
	}
	log.Println("all answered, bye")
}

func hello(w http.ResponseWriter, r *http.Request) {
	log.Println("asked for", r.URL.Path)
	if r.URL.Path == "/slow" {
		time.Sleep(time.Second)
	}
	fmt.Fprintln(w, "hello")
}
