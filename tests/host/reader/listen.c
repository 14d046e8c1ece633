// SPDX-License-Identifier: GPL-2.0
// listen PROCESSES EACH COMMAND...: runs the command while so many processes listen on so many
// ports each, from 10000 on. Several processes, because the limit of open files is often 1024.

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_PORT 10000

static void listen_on(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 16)) {
		perror("listen");
		exit(1);
	}
}

/* Listens until the other end of the second pipe is closed. */
static void serve(int first, int n, const int *ready, const int *done)
{
	char byte = 0;

	close(done[1]);
	for (int port = first; port < first + n; port++)
		listen_on(port);
	exit(write(ready[1], &byte, 1) != 1 || read(done[0], &byte, 1));
}

int main(int argc, char **argv)
{
	int processes = argc > 3 ? atoi(argv[1]) : 0, each = argc > 3 ? atoi(argv[2]) : 0;
	int ready[2], done[2], status = 0;
	char byte;
	pid_t pid;

	if (!processes || pipe(ready) || pipe(done))
		return 2;
	for (int i = 0; i < processes; i++)
		if (!fork())
			serve(FIRST_PORT + i * each, each, ready, done);
	close(ready[1]);
	for (int i = 0; i < processes; i++)
		if (read(ready[0], &byte, 1) != 1)
			return 2;
	pid = fork();
	if (!pid) {
		close(done[1]);
		execvp(argv[3], argv + 3);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	close(done[1]);
	while (wait(NULL) > 0)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}
